"""Steps counted from 1 as a range of noise levels, which is what ComfyUI switches by."""

from collections.abc import Sequence


def level_range(sigmas: Sequence[float], first: int, last: int) -> tuple[float, float] | None:
    """Highest and lowest level at which something is on for steps `first` to `last`, both included.

    `sigmas` holds steps + 1 levels; steps count from 1; `last` 0, or one past the end, is the end.
    The edges lie between levels, so that no rounding moves a step across them, and only a quarter
    of the way up in log-sigma, so that samplers that look again halfway down (DPM2) do so within
    their step. No steps have no range.

    Raises ValueError where there are no such steps, or where a range cannot tell them from others.
    """
    levels = list(sigmas[:-1])
    if not levels:
        return None
    last = min(last or len(levels), len(levels))
    if not 1 <= first <= len(levels):
        raise ValueError(
            f"first_step is {first}, but these SIGMAS have {_steps(len(levels))}. Steps count from "
            "1: choose one of them."
        )
    if first > last:
        raise ValueError(
            f"first_step {first} comes after last_step {last}. Choose a last_step of {first} or "
            "more, or 0 for the end."
        )
    asked = levels[first - 1 : last]
    top, bottom = max(asked), min(asked)
    for step, level in enumerate(levels, 1):
        if not first <= step <= last and bottom <= level <= top:
            raise ValueError(
                f"Step {step} samples the noise level {level:.4g}, as steps {first} to {last} do, "
                "and ComfyUI tells steps apart by level. Include it, or use SIGMAS without "
                "repetitions."
            )
    above = min((level for level in sigmas if level > top), default=2 * top)
    below = max((level for level in sigmas if level < bottom), default=0.0)
    return _between(top, above), _between(below, bottom)


def _between(low: float, high: float) -> float:
    return low**0.75 * high**0.25


def _steps(count: int) -> str:
    return f"{count} step{'s' * (count > 1)}"
