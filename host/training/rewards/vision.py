"""CLIP's image half with gradients: pictures to embeddings of length 1."""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ..session import fingerprint
from .kind import Helper

_KIND = "clip_vision_model"


class Vision:
    """A CLIP_VISION that a person loaded. Raises ValueError for one that is no CLIP."""

    def __init__(self, clip_vision: Any):
        if clip_vision.model_type != _KIND or "projection_dim" not in clip_vision.config:
            raise ValueError(
                f"The CLIP vision model is a {clip_vision.model_type}, and rewards are made for "
                "CLIP's image half with its projection. Load one such as CLIP-ViT-L-14."
            )
        self._host = clip_vision
        self.width = int(clip_vision.config["projection_dim"])

    def helper(self) -> Helper:
        # The host's CLIP adds to what its norms have seen.
        return Helper(self._host.patcher, keeps=True)

    def mark(self) -> str:
        return fingerprint(self._host.model)

    def __call__(self, network: torch.nn.Module, pictures: Tensor) -> Tensor:
        """Embeddings B D by the lent `network`, of pictures B 3 H W in 0..1."""
        x = self._prepared(pictures.to(self._host.load_device).float())
        embedded = network(pixel_values=x, intermediate_output=None)[2]
        return F.normalize(embedded.float(), dim=1)

    def _prepared(self, pictures: Tensor) -> Tensor:
        """The middle square, as the host cuts it, but without its rounding, which has no slope."""
        size = self._host.image_size
        height, width = pictures.shape[-2:]
        if (height, width) != (size, size):
            scale = size / min(height, width)
            whole = (round(scale * height), round(scale * width))
            pictures = F.interpolate(pictures, whole, mode="bicubic", antialias=True)
            top, left = ((side - size) // 2 for side in whole)
            pictures = pictures[:, :, top : top + size, left : left + size].clamp(0, 1)
        mean, std = (
            pictures.new_tensor(values).view(1, 3, 1, 1)
            for values in (self._host.image_mean, self._host.image_std)
        )
        return (pictures - mean) / std
