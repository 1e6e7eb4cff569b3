"""Files of weights, LoRAs or models: of which kind, and what stands for a header where none is."""

from collections.abc import Mapping
from pathlib import Path

import torch

from ..recipes import Header, Tensor

_DTYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


def is_safetensors(path: Path) -> bool:
    return path.suffix.lower() in (".safetensors", ".sft")


def header_of(tensors: Mapping[str, torch.Tensor], size: int) -> Header:
    """What a safetensors file with these tensors would have as its header."""
    described = {
        name: Tensor(_DTYPES.get(tensor.dtype, str(tensor.dtype)), tuple(tensor.shape))
        for name, tensor in tensors.items()
    }
    return Header(described, {}, size)
