"""What a SAMPLER will do, without running it: its way down and up, and the curve it walks on."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..samplers import (
    TableLevels,
    Way,
    ancestral_low,
    ddim_low,
    lcm_low,
    sample_tcd,
    tcd_low,
    ways,
)
from ..schedulers import TRAINING_STEPS, standard_sigma
from . import bridge


class Walk(NamedTuple):
    """What is known of a sampler: its name, and each step's way, or None for other packs'."""

    name: str
    ways: list[Way] | None


def curve_of(model: Any | None) -> list[float]:
    """Levels of timesteps 0 and up, to the model's highest; without one Stable Diffusion's."""
    level_of = standard_sigma if model is None else bridge.level_of(model)
    levels = [level_of(time) for time in range(TRAINING_STEPS)]
    # A model that starts lower has the same level from there on.
    return levels[: levels.index(max(levels)) + 1]


def walk_of(sampler: Any, sigmas: Sequence[float], model: Any | None) -> Walk:
    """Raises ValueError for a sampler of ours that cannot run at these levels."""
    function = getattr(sampler, "sampler_function", None)
    knobs = {**sample_tcd.__kwdefaults__, **getattr(sampler, "extra_options", {})}
    if model is None:
        levels = TableLevels(np.array(curve_of(None)))
    else:
        levels = bridge.read_levels(model.get_model_object("model_sampling"))
    if function is bridge.sample_tcd:
        name, low = f"tcd, gamma {knobs['gamma']:g}", tcd_low(levels, knobs["gamma"])
    elif function in _RULES:
        name, low = _RULES[function]
    else:
        name = getattr(function, "__name__", type(sampler).__name__)
        return Walk(name.removeprefix("sample_"), None)
    return Walk(name, ways(sigmas, levels, low, knobs["s_noise"]))


_RULES = {
    bridge.sample_lcm: ("lcm", lcm_low),
    bridge.sample_ddim: ("ddim", ddim_low),
    bridge.sample_ancestral: ("ancestral", ancestral_low),
}
