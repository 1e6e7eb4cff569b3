"""What a SAMPLER will do, without running it: its way down and up at each step."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...samplers import SAMPLERS
from ...samplers.few_step import knobs_of
from ...samplers.levels import TableLevels
from ...samplers.ways import Way, ways
from .levels import curve_of, levels_of
from .samplers import HOST_SAMPLE


class Walk(NamedTuple):
    """What is known of a sampler: its name, and each step's way, or None for other packs'."""

    name: str
    ways: list[Way] | None


def walk_of(sampler: Any, sigmas: Sequence[float], model: Any | None) -> Walk:
    """Raises ValueError for a sampler of ours that cannot run at these levels."""
    function = getattr(sampler, "sampler_function", None)
    name = next((name for name, ours in HOST_SAMPLE.items() if ours is function), None)
    if name is None:
        other = getattr(function, "__name__", type(sampler).__name__)
        return Walk(other.removeprefix("sample_"), None)
    entry = SAMPLERS[name]
    knobs = knobs_of(entry, getattr(sampler, "extra_options", {}))
    levels = TableLevels(np.array(curve_of(None))) if model is None else levels_of(model)
    found = ways(sigmas, levels, entry.low(levels, knobs.gamma), knobs.s_noise)
    return Walk(entry.described(knobs.gamma), found)
