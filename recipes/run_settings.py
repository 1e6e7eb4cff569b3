"""From a recipe and what a person overrides to the settings that are sampled, and how to say so."""

from typing import NamedTuple

from ..schedulers import IMG2IMG, Plan, Subject, levels_text, plan_levels, plan_text
from .grids import grid_of
from .recipe import Recipe

ANY = Subject()
_SIZELESS = (
    "The shift of this recipe depends on the size of the picture, which is not known here: connect "
    "the latent. Without it the model's own shift is used."
)


class RunSettings(NamedTuple):
    """What will be sampled: the steps, CFG, and the words that say so."""

    plan: Plan
    cfg: float
    text: str

    @property
    def levels(self) -> list[float]:
        return self.plan.levels


def run_settings(
    recipe: Recipe,
    steps: int,
    cfg: float,
    denoise: float,
    *,
    loaded: bool = False,
    guided: bool = False,
    subject: Subject = ANY,
) -> RunSettings:
    """Settings of a run; steps 0 and cfg 0 mean the recipe's, `loaded` is by Load one-step model.

    `guided` says that the recipe's guidance is seen to, so that the graph needs no node for it.
    `subject` is the model, and the latent for a shift that depends on its size.

    Raises ValueError for a recipe that is known and cannot be run, and what `plan_levels` does.
    """
    if recipe.blocked:
        raise ValueError(f"{recipe.name} cannot be sampled here. {recipe.blocked}")
    steps = steps or int(recipe.steps.default)
    cfg = cfg or recipe.cfg.default
    plan = recipe_plan(recipe, steps, denoise, subject)
    needs = [
        *([] if guided else recipe.graph_needs),
        *([] if loaded else recipe.loader_needs),
    ]
    lines = [
        f"{recipe.name} ({recipe.id}): {recipe.sampler_text}, CFG {cfg:g}",
        plan_text(plan, denoise),
        *plan_lines(plan, recipe, "the recipe", subject),
        *([f"The graph needs {', '.join(needs)}."] if needs else []),
        *(["At CFG 1 the negative prompt has no effect."] if cfg == 1 else []),
        *recipe.warnings(steps, cfg),
    ]
    return RunSettings(plan, cfg, "\n".join(lines))


def recipe_plan(
    recipe: Recipe, steps: int, denoise: float, subject: Subject, img2img: str = IMG2IMG[0]
) -> Plan:
    """The steps of a recipe. Raises ValueError for what it cannot be sampled with."""
    return plan_levels(grid_of(recipe, steps, denoise), steps, denoise, subject, img2img)


def plan_lines(plan: Plan, recipe: Recipe, whose: str, subject: Subject) -> list[str]:
    """The levels of a flow, or those a recipe lists, and what a person should know about them."""
    if not plan.levels or not (recipe.prediction == "flow" or recipe.sigmas):
        return []
    told = [levels_text(plan, whose, subject.own_shift)]
    return [*told, _SIZELESS] if plan.sizeless else told
