"""What is in the file of a whole model, read without loading it."""

from pathlib import Path
from typing import NamedTuple

import safetensors
import torch

from ...recipes import Header
from ..weight_files import is_safetensors, tensors_of


class Guidance(NamedTuple):
    """The two weights by which a full LCM model is told the guidance: see guidance.py."""

    cond_proj: torch.Tensor
    linear: torch.Tensor


def read_guidance(path: Path, name: str, header: Header) -> Guidance | None:
    """The weights of the guidance embedding, or None where the file has none.

    The host leaves them out. Raises ValueError where one of the two is missing.
    """
    cond_proj = next((key for key in header.tensors if key.endswith("cond_proj.weight")), None)
    if cond_proj is None:
        return None
    firsts = ("time_embedding.linear_1.weight", "time_embed.0.weight")
    linear = next((key for key in header.tensors if key.endswith(firsts)), None)
    if linear is None:
        raise ValueError(f"{name} is incomplete: {firsts[0]} is missing. Download it again.")
    if not is_safetensors(path):
        tensors = tensors_of(path, name)
        return Guidance(tensors[cond_proj], tensors[linear])
    with safetensors.safe_open(path, "pt") as file:
        return Guidance(file.get_tensor(cond_proj), file.get_tensor(linear))
