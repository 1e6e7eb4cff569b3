"""The accelerator that a MODEL carries: what a loader put on it, for the nodes after it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..recipes import Recipe

_KEY = "fewstep_accelerator"


class Applied(NamedTuple):
    """A LoRA as it is on a model: what is in the weights' patches, and what runs live.

    `at_one` are the strengths, one a step, that the loader's slider stands for at 1.
    """

    merged: Mapping[Any, Any]
    live: Mapping[str, list]
    at_one: tuple[float, ...]


class Accelerator(NamedTuple):
    """The accelerator a model has: the name of its file and what it was recognised as.

    `applied` says how a LoRA is on the model.
    """

    file: str
    title: str
    applied: Applied | None = None


def set_accelerator(model: Any, accelerator: Accelerator) -> None:
    """Remembers it on `model`, a patcher and a clone of one's own; its clones keep it."""
    model.set_attachments(_KEY, accelerator)


def accelerator_of(model: Any) -> Accelerator | None:
    return model.get_attachment(_KEY)


def check_single(model: Any, file: str) -> None:
    """Raises ValueError if `model`, a patcher, has an accelerator already."""
    other = accelerator_of(model)
    if other:
        raise ValueError(
            f"This model already has the accelerator {other.title} ({other.file}), and two on one "
            f"model burn the picture. Remove one of the two loaders; {file} was not loaded."
        )


def check_recipe_given(recipe: Recipe | None, node: str) -> None:
    """Raises ValueError where no recipe is connected to the node with this title."""
    if recipe is None:
        raise ValueError(
            f"{node} does not know the accelerator in this model. Connect the recipe of Load "
            "acceleration LoRA, where you can choose it if the file is not recognised, or a "
            "Few-step recipe node."
        )
