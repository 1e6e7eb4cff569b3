"""Where a level of noise parts a schedule: the steps of two experts, such as Wan 2.2's.

An expert trained for high noise takes the steps that begin at or above the level (Wan 2.2's
`_prepare_model_for_timestep`: t >= boundary).
"""

from collections.abc import Sequence

# Levels meet a boundary exactly, as shift 5 with 12 steps does 0.875; float error does not decide.
TIE = 1e-6


def is_high(sigma: float, level: float) -> bool:
    """Whether a step that begins at `sigma` is one of those at or above `level`."""
    return sigma >= level - TIE


def high_steps(sigmas: Sequence[float], level: float) -> int:
    """How many steps of `sigmas`, steps + 1 levels that fall, begin at or above `level`."""
    return sum(is_high(sigma, level) for sigma in sigmas[:-1])


def split_at(sigmas: Sequence[float], level: float) -> tuple[list[float], list[float]]:
    """The levels of the two parts, which share the one between them; a part without steps is empty.

    Raises ValueError for levels that rise.
    """
    if any(after > before for before, after in zip(sigmas, sigmas[1:], strict=False)):
        raise ValueError("These SIGMAS rise, and only falling ones can be split at a level.")
    count = high_steps(sigmas, level)
    high = list(sigmas[: count + 1]) if count else []
    low = list(sigmas[count:]) if count < len(sigmas) - 1 else []
    return high, low


def split_text(high: Sequence[float], low: Sequence[float], level: float) -> str:
    """How the steps are parted, and what to do about a part without any."""
    counts = [max(0, len(part) - 1) for part in (high, low)]
    lines = [f"{counts[0]} steps at or above {level:g}, {counts[1]} below."]
    if low and not high:
        lines.append("high is empty: give the noise to the sampler of low, which begins the run.")
    if high and not low:
        lines.append("low is empty: its sampler leaves the latent as it is.")
    return " ".join(lines)
