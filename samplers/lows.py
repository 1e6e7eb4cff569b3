"""How far down each sampler goes from a level before it comes up to the next: one rule a sampler.

Every rule is (sigma, sigma_next) -> low level; see few_step.py for the papers.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from .levels import Levels
from .table import step_weights

Low = Callable[[float, float], float]


class Way(NamedTuple):
    """A step's way from level `sigma` down to `low` and up to `after`.

    `fresh` is the new noise's share of the level `after`, 0 to 1.
    """

    sigma: float
    after: float
    low: float
    fresh: float


def ddim_low(_: float, sigma_next: float) -> float:
    return sigma_next


def lcm_low(_: float, __: float) -> float:
    return 0.0


def ancestral_low(sigma: float, sigma_next: float) -> float:
    return sigma_next**2 / sigma if sigma > 0 else 0.0


def tcd_low(levels: Levels, gamma: float) -> Low:
    """Raises ValueError for a gamma outside 0..1."""
    if not 0.0 <= gamma <= 1.0:
        raise ValueError(f"gamma is {gamma:g}; use a value from 0 (no new noise) to 1 (all new).")
    return lambda _, sigma_next: levels.lower(sigma_next, gamma)


def ways(sigmas: Sequence[float], levels: Levels, low: Low, s_noise: float = 1.0) -> list[Way]:
    """The way of each step. Raises what the rule raises, and ValueError for unknown levels."""
    found = []
    for sigma, after in pairwise(sigmas):
        down = min(low(sigma, after), after) if after > 0 else 0.0
        fresh = step_weights(levels, sigma, down, after).fresh if after > 0 else 0.0
        found.append(Way(sigma, after, down, s_noise * fresh / after if after > 0 else 0.0))
    return found
