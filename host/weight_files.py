"""Files of weights, LoRAs or models: read as data alone, and what stands for a missing header."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import comfy.utils
import torch

from ..recipes import Header, Tensor

_DTYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


def is_safetensors(path: Path) -> bool:
    return path.suffix.lower() in (".safetensors", ".sft")


def read_data(path: Path, name: str) -> Any:
    """What a file holds, of any format. Raises ValueError for one that runs code to be read."""
    try:
        return comfy.utils.load_torch_file(str(path), safe_load=True)
    except Exception as error:
        raise ValueError(
            f"{name} cannot be read as data alone: it is cut off, or it runs code when it is read, "
            "which is refused. Get it again, as .safetensors if there is one."
        ) from error


def header_of(tensors: Mapping[str, torch.Tensor], size: int) -> Header:
    """What a safetensors file with these tensors would have as its header."""
    described = {
        name: Tensor(_DTYPES.get(tensor.dtype, str(tensor.dtype)), tuple(tensor.shape))
        for name, tensor in tensors.items()
    }
    return Header(described, {}, size)
