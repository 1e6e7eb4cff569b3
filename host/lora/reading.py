"""LoRA files: read once, refused where they are none."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import comfy.lora_convert
import torch

from ...recipes import Header, read_header
from ..weight_files import header_of, is_safetensors, read_data
from .product import Product


class LoraFile:
    """A LoRA's tensors by name, and the products made of them for any model."""

    def __init__(self, tensors: Mapping[str, torch.Tensor]):
        self.tensors = tensors
        self._products: dict[tuple[int, float], Product] = {}

    def product(self, adapter: Any) -> Product:
        up, down, alpha = adapter.weights[:3]
        scale = 1.0 if alpha is None else float(alpha) / down.shape[0]
        return self._products.setdefault((id(up), scale), Product(up, down, scale))


def read_lora(path: Path) -> tuple[LoraFile, Header]:
    """A LoRA file and its header. Raises ValueError saying what is wrong with the file.

    Files that are no safetensors are read as data alone; what runs code to be read is refused.
    """
    status = path.stat()
    # Before the tensors: it finds what would keep the host busy or end it.
    header = read_header(path) if is_safetensors(path) else None
    file = _cached(path, status.st_size, status.st_mtime_ns)
    return file, header or header_of(file.tensors, status.st_size)


@lru_cache(maxsize=1)
def _cached(path: Path, _size: int, _changed: int) -> LoraFile:
    """The last file read stays, as in core's loader: a strength is changed more often."""
    tensors = read_data(path, path.name)
    whole = isinstance(tensors, Mapping) and all(
        isinstance(tensor, torch.Tensor) for tensor in tensors.values()
    )
    if not whole:
        raise ValueError(f"{path.name} is not a LoRA: it holds things other than tensors.")
    return LoraFile(comfy.lora_convert.convert_lora(dict(tensors)))
