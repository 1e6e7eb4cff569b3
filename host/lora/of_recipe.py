"""What a recipe knows of a file that the file does not say: its alpha, its half of a pair."""

import re
from pathlib import PurePath
from typing import Any

from ...recipes import Recipe
from ..accelerator import accelerator_of

_OTHER = {"high": "low", "low": "high"}


def alpha_of(recipe: Recipe | None, name: str) -> float:
    """The alpha of a file without one; 0 where the recipe knows none, or not which of several."""
    known = [file for file in recipe.files if file.alpha] if recipe else []
    own = [file for file in known if file.name.lower() == PurePath(name).name.lower()]
    alphas = {file.alpha for file in own or known}
    return alphas.pop() if len(alphas) == 1 else 0.0


def half_warnings(model: Any, recipe: Recipe | None, name: str) -> list[str]:
    """Where the file is for one expert of a pair, and the model, a patcher, is the other."""
    wrong = _OTHER.get(recipe.half if recipe else "")
    if wrong is None:
        return []
    other = accelerator_of(model)
    if other and other.recipe and other.recipe.half == wrong:
        return [
            f"{name} is for the {recipe.half}-noise model, and this model has {other.file}, which "
            f"is for the {wrong}-noise one."
        ]
    file = file_of(model)
    if file and re.search(rf"(?<![a-z]){wrong}(?![a-z])", file.lower()):
        return [f"{name} is for the {recipe.half}-noise model, and this model's file is {file}."]
    return []


def file_of(model: Any) -> str:
    """The name of the file a patcher was loaded from, "" where the host does not say."""
    # ComfyUI before 0.30 does not keep it.
    known = getattr(model, "cached_patcher_init", None) or (None, ())
    path = next((one for one in known[1] if isinstance(one, str)), "")
    return PurePath(path).name
