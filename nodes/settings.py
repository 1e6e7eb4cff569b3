"""From a recipe and what a person overrides to the settings that are sampled, and how to say so."""

from collections.abc import Sequence
from typing import NamedTuple

from ..recipes import Recipe
from ..schedulers import plan_timesteps


class Settings(NamedTuple):
    """What will be sampled: timesteps 0..999 descending, CFG, and the words that say so."""

    times: list[float]
    cfg: float
    text: str


def settle(recipe: Recipe, steps: int, cfg: float, denoise: float) -> Settings:
    """Settings of a run; steps 0 and cfg 0 mean the recipe's.

    Raises ValueError for a recipe that is known and cannot be run, and what `plan_timesteps` does.
    """
    if recipe.blocked:
        raise ValueError(f"{recipe.name} cannot be sampled here. {recipe.blocked}")
    steps = steps or int(recipe.steps.default)
    cfg = cfg or recipe.cfg.default
    times = plan_timesteps(steps, recipe.spacing, denoise, recipe.listed(steps))
    gamma = f", gamma {recipe.gamma:g}" if recipe.sampler == "tcd" else ""
    lines = [
        f"{recipe.name} ({recipe.id}): {recipe.sampler}{gamma}, CFG {cfg:g}",
        times_text(times, denoise),
        *([f"The graph needs {', '.join(recipe.needs)}."] if recipe.needs else []),
        *(["At CFG 1 the negative prompt has no effect."] if cfg == 1 else []),
        *recipe.warnings(steps, cfg),
    ]
    return Settings(times, cfg, "\n".join(lines))


def check_known(recipe: Recipe | None, node: str) -> None:
    """Raises ValueError where no recipe is connected to the node with this title."""
    if recipe is None:
        raise ValueError(
            f"{node} does not know the accelerator in this model. Connect the recipe of Load "
            "acceleration LoRA, where you can choose it if the file is not recognised, or a "
            "Few-step recipe node."
        )


def times_text(times: Sequence[float], denoise: float) -> str:
    """The timesteps for people: "4 steps from t = 999: 999 759 499 259"."""
    if not times:
        return "denoise 0: no steps, the latent stays as it is"
    listed = " ".join(f"{time:g}" for time in times)
    plural = "s" if len(times) > 1 else ""
    from_level = f" at denoise {denoise:g}" if denoise < 1 else ""
    return f"{len(times)} step{plural} from t = {times[0]:g}{from_level}: {listed}"
