"""What is measured of the pictures of a comparison, with the kornia that comes with ComfyUI."""

from collections.abc import Sequence

import comfy.model_management
import torch
from torch.nn.functional import avg_pool2d

from ...recipes import Measures
from .comparison import Sampled

# The authors of SSIM bring the shorter side to about this size, and use this window.
_SIDE, _WINDOW = 256, 11
_CLIPPED, _SATURATED = 254 / 255, 0.8
# The steepest fiftieth: noise in smooth parts and the share of them in a picture do not count.
_EDGES = 0.98
# So that a flat picture is as sharp as another one.
_LEAST = 1e-4


def measured(pictures: torch.Tensor, made: Sequence[Sampled], reference: int) -> list[Measures]:
    """Of each of the pictures B H W 3 in 0..1, and its latent, against the one at `reference`."""
    # Loading it takes most of a second, which only this is worth.
    from kornia.filters import laplacian
    from kornia.metrics import ssim

    def sharpness(picture: torch.Tensor) -> float:
        # By channel: in grey, red on purple has no edge.
        steep = laplacian(picture, 3).abs().amax(1).flatten()
        return float(steep.kthvalue(round(_EDGES * len(steep))).values) + _LEAST

    against, strength = _row(pictures[reference]), _strength(made[reference].latent)
    small, sharp = _small(against), sharpness(against)
    found = []
    for picture, (latent, _) in zip(map(_row, pictures), made, strict=True):
        comfy.model_management.throw_exception_if_processing_interrupted()
        similarity = float(ssim(_small(picture), small, _WINDOW).mean())
        ratios = _strength(latent) / strength, sharpness(picture) / sharp
        found.append(Measures(similarity, _clipped(picture), *ratios))
    return found


def _row(picture: torch.Tensor) -> torch.Tensor:
    """1 3 H W of H W C."""
    return picture[..., :3].movedim(-1, 0).unsqueeze(0).float()


def _small(picture: torch.Tensor) -> torch.Tensor:
    return avg_pool2d(picture, max(1, round(min(picture.shape[-2:]) / _SIDE)))


def _clipped(picture: torch.Tensor) -> float:
    """Share of the pixels that are at the end of their range, and saturated."""
    brightest, darkest = picture.amax(1), picture.amin(1)
    saturated = brightest - darkest >= _SATURATED * brightest
    return float(((brightest >= _CLIPPED) & saturated).float().mean())


def _strength(latent: torch.Tensor) -> float:
    """Its root mean square."""
    return float(latent.float().square().mean().sqrt()) + _LEAST
