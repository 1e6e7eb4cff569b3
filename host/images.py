"""Between pictures as Pillow has them and IMAGE as ComfyUI has it: B H W 3 in 0..1."""

import numpy as np
import torch
from PIL import Image


def to_image(picture: Image.Image) -> torch.Tensor:
    """IMAGE of one picture."""
    return torch.from_numpy(np.array(picture.convert("RGB"))).unsqueeze(0) / 255


def to_picture(image: torch.Tensor) -> Image.Image:
    """The picture of one image H W 3."""
    levels = (image.float().clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(levels[..., :3].cpu().numpy())
