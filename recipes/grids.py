"""Where the steps of a recipe are, for a number of steps and a denoise."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..schedulers import Grid
from .recipe import Recipe
from .schedule_fields import STAGE


def grid_of(recipe: Recipe, steps: int, denoise: float) -> Grid:
    """The recipe's grid. Raises ValueError naming the numbers of steps that its lists are for."""
    flow = recipe.prediction == "flow"
    if not (recipe.u or recipe.sigmas):
        return Grid(recipe.spacing, recipe.listed(steps), shift=recipe.shift, flow=flow)
    lists = _by_steps(recipe.u or recipe.sigmas)
    stage = lists.pop(STAGE, None)
    known = [*lists, *([str(len(stage))] if stage else [])]
    if str(steps) not in known or (denoise == 1 and str(steps) not in lists):
        raise ValueError(_no_list(recipe, steps, list(lists), stage))
    staged = stage is not None and denoise < 1
    values = stage if staged else lists[str(steps)]
    kind = "nodes" if recipe.u else "sigmas"
    return Grid(
        recipe.spacing, as_it_stands=staged, shift=recipe.shift, flow=flow, **{kind: values}
    )


def _by_steps(lists: Any) -> dict[str, Sequence[float]]:
    return dict(lists) if isinstance(lists, Mapping) else {str(len(lists)): lists}


def _no_list(recipe: Recipe, steps: int, known: list[str], stage: Any) -> str:
    later = f", or to {len(stage)} with a denoise below 1" if stage else ""
    one_of = "one of " if len(known) > 1 else ""
    return (
        f"{recipe.name} has no schedule for {steps} steps. Set the steps to {one_of}"
        f"{', '.join(known)}{later}."
    )
