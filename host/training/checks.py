"""What is refused before any training, each with the sentence that helps."""

import shutil
from pathlib import Path
from typing import Any

import torch

from ..accelerator import accelerator_of

_SPARE = 256 * 2**20
# Of the trained layers. All but a few get gradients: the last block of SD3 and FLUX drops its text.
_REACHED = 0.5


ASKS_AGAIN = (
    "A node on this model changes its guidance by running it once more, as perturbed attention, "
    "self-attention and skip-layer guidance do, and training cannot. Connect the model without "
    "this node."
)


class ChangedInPlaceError(ValueError):
    """The host's blocks change what gradients need: their norms have to keep a copy."""


def prompt_lines(text: str) -> list[str]:
    """The prompts, one a line. Raises ValueError where there are none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise ValueError(
            "prompts is empty. Write one prompt a line, some dozens of different ones."
        )
    return lines


def check_clip(clip: Any) -> None:
    if clip is None:
        raise ValueError("This checkpoint has no CLIP. Connect Load CLIP in place of it.")


def check_plain_model(model: Any) -> None:
    """Raises ValueError for a model that has an accelerator already, or another way to sample."""
    if "sampler_calc_cond_batch_function" in model.model_options:
        raise ValueError(ASKS_AGAIN)
    other = accelerator_of(model)
    if other and other.on:
        raise ValueError(
            f"This model already has the accelerator {other.file}, and the teacher must be slow "
            "and good. Connect the checkpoint itself; the LoRA to go on from is chosen under "
            "start_lora."
        )


def check_size(model: Any, width: int, height: int) -> tuple[int, ...]:
    """The shape C ... of a latent. Raises ValueError for sizes that make none."""
    latent = model.model.latent_format
    cell = getattr(latent, "spacial_downscale_ratio", 8)
    if width % cell or height % cell:
        raise ValueError(
            f"width and height are {width} x {height}; for this model use multiples of {cell}."
        )
    frames = (1,) if getattr(latent, "latent_dimensions", 2) == 3 else ()
    return (latent.latent_channels, *frames, height // cell, width // cell)


def check_vae(model: Any, vae: Any) -> None:
    """Raises ValueError for a VAE that cannot decode the model's latents."""
    if vae is None:
        return
    made, read = model.model.latent_format.latent_channels, vae.latent_channels
    if made != read:
        raise ValueError(
            f"The VAE decodes latents of {read} channels, and those of this model have {made}. "
            "Connect the checkpoint's own VAE."
        )


def check_room(folder: Path, size: int) -> None:
    """Raises ValueError where the disk has no room for `size` bytes and some to spare."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(
            f"The folder {folder} cannot be made ({error.strerror}). Choose another name, or see "
            "to the rights of the folder above it."
        ) from error
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE:
        raise ValueError(
            f"{folder} needs room for {(size + _SPARE) / 2**30:.1f} GB, and {free / 2**30:.1f} GB "
            "are free. Make room on this disk; Kept runs on the nodes that train clears old ones."
        )


def check_gradients(image: torch.Tensor, weights: list[torch.Tensor]) -> None:
    """Raises ValueError where the student's image has no gradient by its LoRA, or is no number.

    `weights` are the second matrices: the first have none while those are zero.
    """
    if not torch.isfinite(image).all():
        raise ValueError(
            "This model gives values that are infinite or none (NaN) before any training. Load it "
            "in another type: bf16 or fp32 in place of fp16 or fp8."
        )
    try:
        found = torch.autograd.grad(image.float().square().mean(), weights, allow_unused=True)
    except RuntimeError as error:
        if "inplace operation" in str(error):
            raise ChangedInPlaceError(_CANNOT) from error
        raise ValueError(_CANNOT) from error
    if sum(one is not None for one in found) < _REACHED * len(weights):
        raise ValueError(_CANNOT)
    if not all(torch.isfinite(one).all() for one in found if one is not None):
        raise ValueError(
            "The gradients of this model are infinite or none (NaN) before any training. Load it "
            "in another type: bf16 or fp32 in place of fp16 or fp8."
        )


_CANNOT = (
    "This model cannot be trained through: its weights are quantised in a form without gradients, "
    "or another node replaces parts of it. Load its fp16 or bf16 file, without such nodes."
)
