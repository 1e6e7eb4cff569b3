"""A fast student learns the look of one's own pictures without losing its few steps.

The teacher with what the student has learned since it began, and with nothing else of it, learns to
denoise the pictures: a style LoRA that grows within the matrices of the fast one, and adds to it as
one beside it would. What the student knew, guidance and long jumps, is no part of the loss.

Latent consistency fine-tuning (LCF, arXiv 2310.04378, section 4.4), which sets the student itself
on the pictures, forgets both (docs/measured.md).
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..draws import Material, Plan, jumps
from ..times import TIMES, Times
from .kind import Loss, Nets, Taught


class _Rows(NamedTuple):
    image: Tensor
    noise: Tensor
    start: Tensor
    end: Tensor
    context: Any


def _draw(
    material: Material, count: int, plan: Plan, done: float, generator: torch.Generator
) -> _Rows:
    images, context = material.some_images(count, generator)
    # Pure noise says nothing of the look: it is no more important than other levels.
    path = jumps(
        count,
        TIMES,
        to_any=plan.to_any,
        segments=plan.segments(count, 1.0, generator),
        generator=generator,
    )
    return _Rows(images, material.noise(count, generator=generator), path.start, path.end, context)


def _student(nets: Nets, times: Times, plan: Plan, rows: _Rows) -> Taught:
    """Squares between where its jump and the picture's end, in steps as they will be sampled."""
    x = times.noised(rows.image, rows.noise, rows.start)
    landing = times.land(nets.learned, x, rows.start, rows.end, rows.context)
    goal = times.moved(x, rows.image, rows.start, rows.end)
    # Of the pictures that x may come from the mean is wanted, which has the least squares.
    return Taught(times.apart(landing, goal, rows.start, rows.end).square().mean())


FINE_TUNING = Loss("fine-tuning", "images", _Rows, _draw, _student, asks_start=True)
