"""The cards of the examples that the demo model cannot draw, from the recipes they use."""

import math
import re
from typing import Any

import numpy as np

from ..pack import pure
from ..user_error import UserError
from .demo_workflows import example
from .model_files import model_files

_KINDS = {"loras": ("LoRA",), "checkpoints": ("checkpoint",), "diffusion_models": ("UNet",)}
# The shift of base models whose recipes leave it to them: FLUX.1's at 1024 x 1024 pixels.
_OWN_SHIFT = {"FLUX.1": math.exp(1.15)}
_TIMES = 1000
_TOKENS = (1024 // 16) ** 2
# The nodes that know how many steps are sampled, and the place of that widget.
_SAMPLER = "FewStepKSampler"
_STEPS = {
    _SAMPLER: 2,
    "FewStepScheduler": 0,
    "FewStepFromRecipe": 0,
    "FewStepTCD": 0,
    "FewStepRecipe": 1,
}
# Of a turn, the golden section: neighbours in a list get hues far apart, and no two the same one.
_TURN = (5**0.5 - 1) / 2
# Makes SDXL's blue.
_BLUE = 0.37
# What turns the ground of those that begin with a picture: families draw from words and pictures.
_OF_PICTURES = 0.2


def draw_card_of(title: str) -> Any:
    """The example's card as a Pillow picture.

    Raises UserError where its files' names are of no recipe, or the recipe's levels are not known.
    """
    recipe = _recipe(title)
    if not recipe:
        raise UserError(f'The files of "{title}" are of no recipe, so it has no card.')
    pictures = pure("pictures")
    steps = int(steps_of(title).split()[0])
    curve = [_level(recipe, time, steps) for time in range(_TIMES)]
    return pictures.draw_card(
        pictures.Accelerator(
            name=_short(recipe.name),
            kind=recipe.kind,
            base=recipe.base,
            curve=curve,
            hops=_hops(recipe, steps, curve),
            hue=_hue(recipe, "family"),
            ground=_hue(recipe, "base") + _BLUE + _OF_PICTURES * _begins_with_a_picture(title),
        )
    )


def _short(name: str) -> str:
    """Without what else stands on the card, steps and kind, and without the half of a pair."""
    return re.sub(r" (\d+ steps?|UNet|checkpoint)|, (high|low) noise", "", name)


def steps_of(title: str) -> str:
    """How many steps the example samples with, "2 + 2" in two passes; "" where it is not known."""
    rows, recipe = _values(example(title)), _recipe(title)
    passes = [row[_STEPS[kind]] for kind, row in rows if kind == _SAMPLER]
    if recipe and len(passes) > 1:
        passes = [steps or recipe.steps.default for steps in passes]
    if passes and all(passes):
        return " + ".join(f"{steps:g}" for steps in passes)
    found = [row[_STEPS[kind]] for kind, row in rows if kind in _STEPS]
    if found and recipe:
        found.append(recipe.steps.default)
    return next((f"{steps:g}" for steps in found if steps), "")


def _begins_with_a_picture(title: str) -> bool:
    return any(kind == "LoadImage" for kind, _ in _values(example(title)))


def _recipe(title: str) -> Any:
    """The recipe that the example samples with, or None."""
    workflow, recipes = example(title), pure("recipes").builtin_recipes()
    chosen = [recipes[value] for _, row in _values(workflow) for value in row if value in recipes]
    named = (_named(folder, name, recipes) for folder, name in sorted(model_files(workflow)))
    return next(filter(None, [*chosen, *named]), None)


def _values(workflow: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    """The type of each node and the values of its widgets."""
    return [(node["type"], node.get("widgets_values") or []) for node in workflow["nodes"]]


def _named(folder: str, name: str, recipes: dict[str, Any]) -> Any:
    kinds = _KINDS.get(folder)
    return pure("recipes").recognise_name(name, recipes, kinds).recipe if kinds else None


def _hops(recipe: Any, steps: int, curve: list[float]) -> list[Any]:
    """What the recipe's sampler does to the noise in each step."""
    kinds, flow = pure("samplers.levels"), recipe.prediction == "flow"
    levels = kinds.FlowLevels() if flow else kinds.TableLevels(np.array(curve))
    known = pure("samplers").SAMPLERS
    # Those of ComfyUI that have no name here add no noise.
    low = known.get(recipe.host_sampler or recipe.sampler, known["ddim"]).low(levels, recipe.gamma)
    plan = pure("recipes").run_settings(recipe, steps, 0, 1.0, subject=_subject(recipe, steps)).plan
    sigmas = [*plan.levels, 0.0]
    return [pure("pictures").Hop(*way) for way in pure("samplers.ways").ways(sigmas, levels, low)]


def _subject(recipe: Any, steps: int) -> Any:
    """A model of the recipe's kind, and a picture of 1024x1024."""
    schedulers = pure("schedulers")
    if recipe.prediction != "flow":
        return schedulers.Subject()
    return schedulers.Subject(True, lambda time: _level(recipe, time, steps), tokens=_TOKENS)


def _level(recipe: Any, time: float, steps: int) -> float:
    """The noise level of a timestep 0..999."""
    if recipe.prediction != "flow":
        return pure("schedulers").standard_sigma(time)
    flow = pure("schedulers.flow")
    # Levels that are listed as they stand have no shift.
    shift = 1.0 if recipe.sigmas else recipe.shift or flow.MODEL
    curve = flow.curve_of(shift, _TOKENS, steps)
    if not curve and recipe.base not in _OWN_SHIFT:
        raise UserError(f"The shift of {recipe.base} is not known: name it in _OWN_SHIFT.")
    return (curve or flow.Curve(_OWN_SHIFT[recipe.base])).level((time + 1) / _TIMES)


def _hue(recipe: Any, field: str) -> float:
    known = dict.fromkeys(getattr(one, field) for one in pure("recipes").builtin_recipes().values())
    return list(known).index(getattr(recipe, field)) * _TURN % 1
