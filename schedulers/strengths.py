"""Strengths that change from step to step, written as `1, 1, 0.6, 0.3`."""

import math
from collections.abc import Sequence

from .lists import number, read_list

_HOW = "Write one number a step, such as 1, 1, 0.6, 0.3; the last one repeats."
_LARGEST = 100.0


def parse_strengths(text: str) -> list[float]:
    """The numbers of a list; none for an empty one. Raises ValueError naming the wrong entry."""
    return read_list(text, lambda entries: [_strength(entry) for entry in entries])


def _strength(entry: str) -> float:
    value = number(entry, -_LARGEST, _LARGEST)
    if value is None:
        raise ValueError(f'"{entry}" is not a strength. {_HOW}')
    return value


def strength_at(sigma: float, sigmas: Sequence[float], strengths: Sequence[float]) -> float:
    """The strength of the step that samples the level `sigma` of a run through `sigmas`.

    Steps count from the start of the run, whatever level that is: the second half of a split
    schedule and a low denoise begin with the first strength.
    """
    return strengths[min(_step_at(sigma, sigmas), len(strengths) - 1)]


def _step_at(sigma: float, sigmas: Sequence[float]) -> int:
    """The step at this level, or the one that passes it on its way to the next."""
    nearest = min(range(len(sigmas)), key=lambda step: abs(sigmas[step] - sigma))
    # Levels pass through float16 in some samplers.
    if math.isclose(sigma, sigmas[nearest], rel_tol=1e-3, abs_tol=1e-6):
        return nearest
    falling = sigmas[0] >= sigmas[-1]
    passed = [level >= sigma if falling else level <= sigma for level in sigmas]
    return max(sum(passed) - 1, 0)
