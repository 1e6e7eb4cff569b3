"""The accelerator that a MODEL carries: what a loader put on it, for the nodes after it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..recipes import Found, Recipe
from .base_model import base_warnings

# One key whatever is attached: the host takes models with other keys for other weights.
_KEY = "fewstep_accelerator"


class Applied(NamedTuple):
    """A LoRA as it is on a model: what is in the weights' patches, and what runs live.

    `at_one` are the strengths, one a step, that the loader's slider stands for at 1. `key` names
    the live one among several on a model.
    """

    merged: Mapping[Any, Any]
    live: Mapping[str, list]
    at_one: tuple[float, ...]
    key: str = ""


class Accelerator(NamedTuple):
    """The file a loader put on a model, its recipe, or None with why it has none in `told`.

    `loader` is the title of the node. `applied` says how a LoRA is on the model. `on` is false for
    what speeds nothing up: a LoRA at strength 0, a whole model without a recipe.
    """

    file: str
    loader: str
    told: str
    recipe: Recipe | None
    applied: Applied | None = None
    on: bool = True


class Given(NamedTuple):
    """The recipe to sample with, where it is from if that is not plain, and what is doubtful.

    `loaded` says that Load one-step model made the model right for this very recipe.
    """

    recipe: Recipe
    source: list[str]
    warnings: list[str]
    loaded: bool


def set_accelerator(model: Any, accelerator: Accelerator) -> None:
    """Remembers it on `model`, a patcher and a clone of one's own; its clones keep it.

    What speeds the model up already stays, but for what is meant to stand beside another.
    """
    other = accelerator_of(model)
    stays = other and other.on and not (_stacks(other.recipe) and not _stacks(accelerator.recipe))
    if not stays:
        model.set_attachments(_KEY, accelerator)


def accelerator_of(model: Any) -> Accelerator | None:
    return model.get_attachment(_KEY)


def check_single(
    model: Any, file: str, found: Found, chosen: Recipe | None, *, allowed: bool = False
) -> list[str]:
    """Raises ValueError if `model`, a patcher, has an accelerator; `file` would be another one.

    Where a second one is `allowed`, or one of the two recipes says that it stands beside another,
    it returns what a person should know.
    """
    other = accelerator_of(model)
    if not (other and other.on):
        return []
    if _stacks(chosen) or _stacks(other.recipe):
        return []
    if allowed:
        return [
            f"Two accelerators are on this model, {other.file} and {file}; the settings are those "
            f"of {other.file}."
        ]
    if other.recipe and (chosen or found.twins):
        raise ValueError(
            f"This model already has the accelerator {other.recipe.id} ({other.file}), and two on "
            f"one model burn the picture. Remove one of the two loaders, or set second to allow; "
            f"{file} was not loaded."
        )
    unknown, told = (file, found.told()) if other.recipe else (other.file, other.told)
    raise ValueError(
        f"This model already has {other.file}, so {file} was not loaded: only one accelerator "
        f"goes on a model. {unknown} is {told}: if it is a style LoRA, load it with ComfyUI's "
        "Load LoRA, which goes with any accelerator."
    )


def _stacks(recipe: Recipe | None) -> bool:
    return recipe is not None and recipe.stacks


def recipe_for(model: Any | None, connected: Recipe | None, node: str) -> Given:
    """The recipe for `model`, a patcher, in the node with this title: a connected one wins.

    Raises ValueError where there is none, and for one that `model` cannot be sampled with.
    """
    carried = None if model is None else accelerator_of(model)
    recipe = connected or (carried and carried.recipe)
    if recipe is None:
        raise ValueError(_no_recipe(carried, node))
    warnings = [] if model is None else base_warnings(model, recipe)
    return Given(recipe, _source(connected, carried), warnings, _is_loaded(recipe, carried))


def _is_loaded(recipe: Recipe, carried: Accelerator | None) -> bool:
    """A LoRA is applied; a whole model is not."""
    if carried is None or carried.recipe is None:
        return False
    return carried.applied is None and carried.recipe.id == recipe.id


def _source(connected: Recipe | None, carried: Accelerator | None) -> list[str]:
    if connected is None:
        return [f"The recipe comes with the model ({carried.file})."]
    if carried and carried.recipe and carried.recipe.id != connected.id:
        return [
            f"The connected recipe is used; the model itself has {carried.file}, which is "
            f"{carried.recipe.id}."
        ]
    return []


def _no_recipe(carried: Accelerator | None, node: str) -> str:
    if carried is None:
        return (
            f"{node} does not know the accelerator in this model. Load it with Load acceleration "
            "LoRA or Load one-step model, which pass its settings on with the model, or connect a "
            "Few-step recipe node."
        )
    return (
        f"{node} has no settings to sample with: {carried.file} is {carried.told}. If you know "
        f"which accelerator it is, choose it under recipe in {carried.loader}. If it is a style "
        "LoRA or a plain checkpoint, load it with ComfyUI's own loader, and an accelerator with "
        "ours."
    )
