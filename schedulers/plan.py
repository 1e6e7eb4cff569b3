"""From what a person sets (steps, spacing, denoise) to the timesteps that are sampled."""

from .listed import parse_timesteps
from .spacing import TRAINING_STEPS, grid, leading, trailing

_SPREAD = {"grid": grid, "trailing": trailing, "leading": leading}
SPACINGS = (*_SPREAD, "listed")
KEEP_STEPS, KEEP_TRAINED = IMG2IMG = ("keep steps", "keep trained timesteps")


def plan_timesteps(
    steps: int,
    spacing: str,
    denoise: float = 1.0,
    listed: str = "",
    img2img: str = KEEP_STEPS,
    total: int = TRAINING_STEPS,
) -> list[float]:
    """Timesteps to sample, descending; none at denoise 0. The model was trained on `total`.

    With denoise below 1, "keep steps" spreads all steps below the start. "keep trained timesteps"
    takes those of the full schedule at or below it, as does a list in either mode. Raises
    ValueError for what cannot be sampled, saying what to change.
    """
    check_denoise(denoise)
    if spacing not in SPACINGS:
        raise ValueError(f"spacing is {spacing!r}; use one of {', '.join(SPACINGS)}.")
    times = parse_timesteps(listed, total) if spacing == "listed" else None
    if denoise == 0:
        return []
    if times is None and img2img == KEEP_STEPS:
        return list(_SPREAD[spacing](steps, denoise, total))
    return _at_or_below(denoise, times or _SPREAD[spacing](steps, 1.0, total), total)


def check_denoise(denoise: float) -> None:
    """Raises ValueError outside of 0..1."""
    if not 0.0 <= denoise <= 1.0:
        raise ValueError(f"denoise is {denoise:g}; use a value from 0 to 1.")


def _at_or_below(denoise: float, times: list[float], total: int) -> list[float]:
    start = round(total * denoise) - 1
    kept = [time for time in times if time <= start]
    if not kept:
        lowest = (times[-1] + 1) / total
        raise ValueError(
            f"denoise {denoise:g} starts at t = {start}, below all timesteps of this schedule. "
            f"Use a denoise of {lowest:g} or more, or more steps."
        )
    return kept
