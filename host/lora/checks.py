"""What a loader refuses and what it warns about, each with the sentence that helps."""

from typing import Any

from ...recipes import Found, Recipe, network_of
from ..base_model import base_of
from .matching import Match

# Of the layers in the file. Right files have all; half of one is a LoRA for another model.
_ENOUGH = 0.9


def check_kind(found: Found, file: str) -> None:
    """Raises ValueError for a file that is no LoRA for a model."""
    if found.layout.what != "LoRA":
        kind = found.layout.what
        kind = kind if kind.startswith("a ") else f"a {kind}"
        raise ValueError(
            f"{file} is {kind}, not a LoRA that changes the model. Choose an acceleration LoRA "
            "here, and load a whole model with Load one-step model or Load Checkpoint."
        )


def check_match(model: Any, found: Found, match: Match, file: str) -> None:
    """Raises ValueError where the LoRA is for another base, or too little of it fits."""
    wanted, base = found.layout.base, base_of(model)
    if wanted and base and network_of(wanted) != network_of(base):
        raise ValueError(
            f"{file} is for {wanted}, and this model is {base}. Load a checkpoint of {wanted}, or "
            f"choose a LoRA for {base}."
        )
    if match.misfits:
        layer, change, weight = match.misfits[0]
        raise ValueError(
            f"{file} does not fit this model{_called(base)}: {len(match.misfits)} of {match.total} "
            f"layers have another shape, such as {layer} with {_shape(weight)} for "
            f"{_shape(change)} in the LoRA. It is for another base model: load that one."
        )
    if match.matched < _ENOUGH * match.total or not match.matched:
        example = f", such as {match.missing[0][:80]}" if match.missing else ""
        raise ValueError(
            f"Only {match.matched} of {match.total} layers of {file} are in this model"
            f"{_called(base)}; the others are missing{example}. It is for another base model, or "
            "in a format that is not known: load the model it was made for."
        )


def warnings(found: Found, recipe: Recipe | None, match: Match) -> list[str]:
    """What the user should know, where nothing is refused."""
    told = list(found.notes)
    if recipe is None:
        told.append(
            "No settings are passed on: choose the recipe here, or connect a Few-step recipe node "
            "where you sample."
        )
    if recipe is None and not found.layout.alpha:
        told.append(
            "The file holds no scale of its own (alpha): if the picture looks burnt, try strength "
            "0.125."
        )
    wanted = found.layout.base
    if recipe and wanted and network_of(recipe.base) != network_of(wanted):
        told.append(f"The recipe is for {recipe.base}, and the file is for {wanted}.")
    if match.missing:
        told.append(f"Layers that are not in the model: {', '.join(match.missing[:3])} ...")
    return told


def _called(base: str) -> str:
    return f" ({base})" if base else ""


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
