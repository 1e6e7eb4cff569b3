"""The pictures that the host has saved."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def load_pictures(base: Path, entry: dict[str, Any]) -> Tensor:
    """B 3 H W in 0..1 in the order of their names; the files are removed."""
    found = [file for out in entry["outputs"].values() for file in out.get("images", [])]
    saved = [file for file in found if file["type"] == "output"]
    paths = sorted(base / "output" / file["subfolder"] / file["filename"] for file in saved)
    pictures = [_load(path) for path in paths]
    for path in paths:
        path.unlink()
    return torch.stack(pictures)


def _load(path: Path) -> Tensor:
    with Image.open(path) as image:
        return torch.from_numpy(np.array(image.convert("RGB"))).movedim(2, 0) / 255
