"""Timesteps and noise levels in words, for people."""

from collections.abc import Sequence

from .levels import Plan

# Shifts that differ by less make the same levels to four digits.
_SAME = 1e-3


def times_text(times: Sequence[float], denoise: float) -> str:
    """The timesteps for people: "4 steps from t = 999: 999 759 499 259"."""
    if not times:
        return "denoise 0: no steps, the latent stays as it is"
    listed = " ".join(f"{time:g}" for time in times)
    return f"{_count(len(times))} from t = {times[0]:g}{_at(denoise)}: {listed}"


def plan_text(plan: Plan, denoise: float) -> str:
    """The steps for people: by their timesteps, or by the level they start at."""
    if plan.times or not plan.levels:
        return times_text(plan.times, denoise)
    return f"{_count(plan.steps)} from level {plan.levels[0]:.4g}{_at(denoise)}"


def levels_text(plan: Plan, whose: str, own: float | None) -> str:
    """The levels of a flow, and what made them; `own` is the shift of the model where it is known.

    "levels 1 0.9375 0.8333 0.625, shift 5 of the recipe (the model's own is 8)". `whose` says who
    wants this shift, or the levels where they stand as they are.
    """
    levels = " ".join(f"{level:.4g}" for level in plan.levels)
    if not plan.times:
        return f"levels {levels}, as {whose} lists them"
    if plan.shift is None:
        return f"levels {levels}, by the model's own shift{'' if own is None else f' {own:.4g}'}"
    text = f"levels {levels}, shift {plan.shift:.4g} of {whose}"
    if own is None:
        return text
    same = abs(own - plan.shift) <= _SAME * plan.shift
    return text if same else f"{text} (the model's own is {own:.4g})"


def _count(steps: int) -> str:
    return f"{steps} step{'s' * (steps > 1)}"


def _at(denoise: float) -> str:
    return f" at denoise {denoise:g}" if denoise < 1 else ""
