"""`dev.py recipes FILE...`: what the loader would say about files on disk."""

import hashlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..pack import pure
from ..paths import DEV


def report_files(names: Iterable[str]) -> int:
    """Prints a paragraph a file; 1 if one of them cannot be read."""
    recipes = pure("recipes")
    broken = 0
    for name in names:
        try:
            lines = _about(recipes, Path(name))
        except (OSError, ValueError) as error:
            broken = 1
            reason = error.strerror if isinstance(error, OSError) else str(error)
            lines = [reason or "It cannot be read."]
        print(_shown(name), *lines, sep="\n  ", end="\n\n", flush=True)
    return broken


def _about(recipes: Any, path: Path) -> list[str]:
    header = recipes.read_header(path)
    known = recipes.builtin_recipes()
    sha256 = None
    if recipes.needs_hash(header.size, known.values()):
        sha256 = recipes.HashCache(DEV / "hashes.json", hashlib.sha256).of(path)
    # A folder tells much: many files are called pytorch_lora_weights.safetensors.
    name = str(Path(path.absolute().parent.name) / path.name)
    found = recipes.recognise(name, header, known, sha256)
    layout = found.layout
    lines = [found.told(), *found.notes]
    if layout.what == "LoRA":
        alpha = "with alpha" if layout.alpha else "without alpha"
        lines.append(f"{layout.modules} layers, rank {layout.rank}, {layout.dtype}, {alpha}")
    if found.recipe:
        lines += found.recipe.summary().splitlines()[1:]
    return lines


def _shown(name: str) -> str:
    """The name as this terminal can show it; names on disk need not be text."""
    encoding = sys.stdout.encoding or "utf-8"
    return (
        os.fsencode(name)
        .decode("utf-8", "backslashreplace")
        .encode(encoding, "backslashreplace")
        .decode(encoding)
    )
