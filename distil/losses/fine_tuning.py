"""A fast student learns the look of one's own pictures without losing its few steps.

Latent consistency fine-tuning (LCF, arXiv 2310.04378, section 4.4) puts the picture itself in place
of what the teacher predicts. That alone forgets the guidance and the long jumps which the student
has learned by heart, so what it predicted as it began is kept, and moved by what the picture has
beside the teacher's own prediction without guidance:

    goal = start(x) + picture - plain(x)

On average over the pictures that x may come from, the last two are where the look leads.
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
    x = times.noised(rows.image, rows.noise, rows.start)
    goal = times.moved(x, target(nets, times, x, rows), rows.start, rows.end)
    landing = times.land(nets.student, x, rows.start, rows.end, rows.context)
    apart = times.apart(landing, goal, rows.start, rows.end)
    # Squares have their least at the mean of the pictures; a distance such as pseudo-Huber's is
    # least at their median, which has no line where fewer than half of them have one.
    return Taught(apart.square().mean())


@torch.no_grad()
def target(nets: Nets, times: Times, x: Tensor, rows: _Rows) -> Tensor:
    """The picture that the student should predict from x; no gradient."""
    sigmas = times.sigmas(rows.start, x)
    before, plain = (net(x, sigmas, rows.context) for net in (nets.start, nets.plain))
    return before + rows.image - plain


FINE_TUNING = Loss("fine-tuning", "images", _Rows, _draw, _student, asks_start=True)
