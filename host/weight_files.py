"""Files of weights, LoRAs or models: read as data alone, and what stands for a missing header."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import comfy.utils
import torch

from ..recipes import Header, Tensor, read_header

_DTYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


def is_safetensors(path: Path) -> bool:
    return path.suffix.lower() in (".safetensors", ".sft")


def read_data(path: Path, name: str) -> Any:
    """What a file holds, of any format. Raises ValueError for one that runs code to be read."""
    try:
        return comfy.utils.load_torch_file(str(path), safe_load=True)
    except Exception as error:
        raise ValueError(
            f"{name} cannot be read safely: it is damaged, or it would run code when it is loaded. "
            "Download it again, as .safetensors if there is one."
        ) from error


def read_header_of(path: Path, name: str) -> Header:
    """The header of a file, or what stands for it in files that have none.

    Raises ValueError naming the file and saying what is wrong with it.
    """
    if is_safetensors(path):
        try:
            return read_header(path)
        except ValueError as error:
            raise ValueError(f"{name} cannot be loaded. {error}") from error
    return header_of(tensors_of(path, name), path.stat().st_size)


def tensors_of(path: Path, name: str) -> dict[str, torch.Tensor]:
    """The tensors of a file that is no safetensors, without what else is in it."""
    tensors = read_data(path, name)
    return {key: value for key, value in tensors.items() if isinstance(value, torch.Tensor)}


def header_of(tensors: Mapping[str, torch.Tensor], size: int) -> Header:
    """What a safetensors file with these tensors would have as its header."""
    described = {
        name: Tensor(_DTYPES.get(tensor.dtype, str(tensor.dtype)), tuple(tensor.shape))
        for name, tensor in tensors.items()
    }
    return Header(described, {}, size)
