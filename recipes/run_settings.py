"""From a recipe and what a person overrides to the settings that are sampled, and how to say so."""

from typing import NamedTuple

from ..schedulers import plan_timesteps, times_text
from .recipe import Recipe


class RunSettings(NamedTuple):
    """What will be sampled: timesteps 0..999 descending, CFG, and the words that say so."""

    times: list[float]
    cfg: float
    text: str


def run_settings(
    recipe: Recipe, steps: int, cfg: float, denoise: float, loaded: bool = False
) -> RunSettings:
    """Settings of a run; steps 0 and cfg 0 mean the recipe's, `loaded` is by Load one-step model.

    Raises ValueError for a recipe that is known and cannot be run, and what `plan_timesteps` does.
    """
    if recipe.blocked:
        raise ValueError(f"{recipe.name} cannot be sampled here. {recipe.blocked}")
    steps = steps or int(recipe.steps.default)
    cfg = cfg or recipe.cfg.default
    times = plan_timesteps(steps, recipe.spacing, denoise, recipe.listed(steps))
    needs = recipe.graph_needs if loaded else recipe.needs
    lines = [
        f"{recipe.name} ({recipe.id}): {recipe.sampler_text}, CFG {cfg:g}",
        times_text(times, denoise),
        *([f"The graph needs {', '.join(needs)}."] if needs else []),
        *(["At CFG 1 the negative prompt has no effect."] if cfg == 1 else []),
        *recipe.warnings(steps, cfg),
    ]
    return RunSettings(times, cfg, "\n".join(lines))
