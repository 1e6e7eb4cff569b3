"""Saving a LoRA that was made where the loaders find it."""

import os
from collections.abc import Mapping
from pathlib import Path

import folder_paths
from safetensors.torch import save_file
from torch import Tensor

from ...recipes import Recipe
from . import checks
from .made import metadata
from .names import LONGEST, is_name


def save_accelerator(lora: Mapping[str, Tensor], recipe: Recipe, prefix: str, notes: str) -> str:
    """The name, under models/loras, of the new file: numbered, never over another one.

    Raises ValueError for a prefix that leads out of the folder.
    """
    root = Path(folder_paths.get_folder_paths("loras")[0])
    wanted = Path(prefix.strip() or "made/accelerator")
    if wanted.is_absolute() or not all(map(is_name, wanted.parts)) or not wanted.name:
        raise ValueError(
            f"filename_prefix is {prefix[:LONGEST]!r}, and files go into {root} or a folder in it, "
            f"under names of {LONGEST} letters at most. Write something like "
            "made/portraits-4-steps."
        )
    folder = (root / wanted).parent
    checks.check_room(folder, sum(one.numel() * one.element_size() for one in lora.values()))
    unfinished = folder / f".{wanted.name}.{os.getpid()}.part"
    tensors = {name: tensor.contiguous() for name, tensor in lora.items()}
    save_file(tensors, unfinished, metadata(lora, recipe, notes))
    file = _free(folder, wanted.name)
    unfinished.replace(file)
    return file.relative_to(root).as_posix()


def _free(folder: Path, name: str) -> Path:
    """A number that no file has, taken at once so that nobody else gets it."""
    number = 1
    while True:
        file = folder / f"{name}-{number:03}.safetensors"
        try:
            file.touch(exist_ok=False)
        except FileExistsError:
            number += 1
        else:
            return file
