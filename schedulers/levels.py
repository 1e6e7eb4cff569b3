"""From what a person or a recipe sets to the noise levels that are sampled."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .flow import MODEL, Shift, curve_of, needs_size
from .plan import KEEP_STEPS, check_denoise, plan_timesteps
from .spacing import TRAINING_STEPS
from .standard import standard_sigma


class Subject(NamedTuple):
    """What is sampled, as far as a schedule depends on it.

    `flow` says whether the model is a flow model, None where no model is known. `sigma_of` gives
    its noise level of a timestep 0 .. `total` - 1. `tokens` is the size of the latent in squares of
    16 pixels, None where it is not known.
    """

    flow: bool | None = None
    sigma_of: Callable[[float], float] = standard_sigma
    total: int = TRAINING_STEPS
    tokens: float | None = None

    @property
    def own_shift(self) -> float | None:
        """The shift the model itself has; None for models that are no flow models."""
        if not self.flow:
            return None
        middle = self.sigma_of(self.total / 2 - 1)
        return middle / (1 - middle)


class Grid(NamedTuple):
    """Where the steps are: a spacing, a list of timesteps in text, of u, or of levels.

    `nodes` are u in (0, 1], `sigmas` levels that stand as they are; at most one of them is given.
    `as_it_stands` says that the list is meant for a start below the top, so that denoise does not
    cut it. `shift` makes levels of u; with None whole timesteps go through the model's own.
    `flow` says that `sigmas` are known to be those of a flow, where denoise is a level itself.
    """

    spacing: str
    timesteps: str = ""
    nodes: Sequence[float] = ()
    sigmas: Sequence[float] = ()
    as_it_stands: bool = False
    shift: Shift | None = None
    flow: bool = False


class Plan(NamedTuple):
    """The steps of a run: their timesteps, none where levels stand as they are, and their levels.

    Levels descend and have no 0 at the end. `shift` is the factor they were made with, None where
    the model's own curve was. `sizeless` says that the shift depends on a size nobody told.
    """

    times: list[float]
    levels: list[float]
    shift: float | None = None
    sizeless: bool = False

    @property
    def steps(self) -> int:
        return len(self.levels)


def plan_levels(
    grid: Grid, steps: int, denoise: float, subject: Subject, img2img: str = KEEP_STEPS
) -> Plan:
    """The steps of a run; none at denoise 0.

    A list keeps its entries below the start and, with "keep steps", puts the start in front. Raises
    ValueError for what cannot be sampled, saying what to change.
    """
    check_denoise(denoise)
    listed = grid.nodes or grid.sigmas
    if denoise == 0 and listed:
        return Plan([], [])
    if grid.sigmas:
        return Plan([], _cut(grid, grid.sigmas, _start_level(grid, denoise, subject), img2img))
    curve = curve_of(grid.shift or MODEL, subject.tokens, len(grid.nodes) or steps)
    if curve is None and grid.flow and subject.flow is None:
        size = " and the size of the picture" if needs_size(grid.shift) else ""
        raise ValueError(
            f"The levels of this schedule depend on the model{size}, and no model is connected. "
            "Connect it."
        )
    if grid.shift is None and not listed:
        times = plan_timesteps(steps, grid.spacing, denoise, grid.timesteps, img2img, subject.total)
        return Plan(times, [subject.sigma_of(time) for time in times])
    if subject.flow is False:
        raise ValueError(
            "This schedule has a shift, and the connected model is no flow model: it has none. Set "
            "shift to 0, or use a recipe for this model."
        )
    nodes = _nodes(grid, steps, denoise, img2img)
    times = [TRAINING_STEPS * u - 1 for u in nodes]
    if curve:
        return Plan(times, curve.levels(nodes), curve.factor)
    levels = [subject.sigma_of(time) for time in times]
    return Plan(times, levels, sizeless=needs_size(grid.shift))


def _nodes(grid: Grid, steps: int, denoise: float, img2img: str) -> list[float]:
    """The u of the steps, exact where they are even: rounding them moves levels by 5e-4."""
    if grid.nodes:
        return _cut(grid, grid.nodes, denoise, img2img)
    if grid.spacing != "trailing":
        times = plan_timesteps(steps, grid.spacing, denoise, grid.timesteps, img2img)
        return [(time + 1) / TRAINING_STEPS for time in times]
    if steps < 1:
        raise ValueError(f"steps is {steps}; use 1 or more.")
    if img2img == KEEP_STEPS:
        return [denoise * (1 - i / steps) for i in range(steps)] if denoise else []
    return _cut(grid, [1 - i / steps for i in range(steps)], denoise, img2img) if denoise else []


def _cut(grid: Grid, values: Sequence[float], start: float, img2img: str) -> list[float]:
    """Those below the start, with the start in front, or those at or below it."""
    if grid.as_it_stands or start >= values[0]:
        return list(values)
    if img2img == KEEP_STEPS:
        return [start, *(value for value in values if value < start)]
    kept = [value for value in values if value <= start]
    if not kept:
        raise ValueError(
            f"denoise starts at {start:.4g}, below all steps of this schedule, which end at "
            f"{values[-1]:.4g}. Use a higher denoise, or set img2img to keep steps."
        )
    return kept


def _start_level(grid: Grid, denoise: float, subject: Subject) -> float:
    if denoise == 1 or grid.as_it_stands:
        return grid.sigmas[0]
    if grid.flow or subject.flow:
        return denoise
    if subject.flow is None:
        raise ValueError(
            f"Which level denoise {denoise:g} starts at depends on the model. Connect the model."
        )
    return subject.sigma_of(max(0, round(subject.total * denoise) - 1))
