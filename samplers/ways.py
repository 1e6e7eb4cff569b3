"""What each step of a sampler does to the level of noise, for whoever wants to draw or say it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from .levels import Levels
from .registry import Low
from .table import step_weights


class Way(NamedTuple):
    """A step's way from level `sigma` down to `low` and up to `after`.

    `fresh` is the new noise's share of the level `after`, 0 to 1.
    """

    sigma: float
    after: float
    low: float
    fresh: float


def ways(sigmas: Sequence[float], levels: Levels, low: Low, s_noise: float = 1.0) -> list[Way]:
    """The way of each step. Raises what the rule raises, and ValueError for unknown levels."""
    found = []
    for sigma, after in pairwise(sigmas):
        down = min(low(sigma, after), after) if after > 0 else 0.0
        fresh = step_weights(levels, sigma, down, after).fresh if after > 0 else 0.0
        found.append(Way(sigma, after, down, s_noise * fresh / after if after > 0 else 0.0))
    return found
