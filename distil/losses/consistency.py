"""A jump from t must end where the teacher's small step to u, and the average's jump on, ends.

LCD (arXiv 2310.04378) jumps to the picture, TCD (arXiv 2402.19159) to any earlier time as well,
TSCD (arXiv 2404.13686) no further than the end of a segment.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..draws import Jump, Material, Plan, jumps
from ..times import Times
from .distance import pseudo_huber
from .kind import Loss, Nets, Taught


class Rows(NamedTuple):
    image: Tensor
    noise: Tensor
    start: Tensor
    middle: Tensor
    end: Tensor
    context: Any


def draw(
    material: Material, count: int, plan: Plan, done: float, generator: torch.Generator
) -> Rows:
    images, context = material.some_images(count, generator)
    segments = plan.segments(count, done, generator)
    path = jumps(
        count,
        plan.skip(done),
        to_any=plan.to_any,
        last=plan.last,
        segments=segments,
        generator=generator,
    )
    return Rows(images, material.noise(count, generator=generator), *path, context)


def _student(nets: Nets, times: Times, plan: Plan, rows: Rows) -> Taught:
    path = Jump(rows.start, rows.middle, rows.end)
    x = times.noised(rows.image, rows.noise, path.start)
    return taught(nets, times, plan, x, path, rows, target(nets, times, x, path, rows.context))


def taught(
    nets: Nets, times: Times, plan: Plan, x: Tensor, path: Jump, rows: Rows, goal: Tensor
) -> Taught:
    """What the student's jump from x pays for the distance to the goal."""
    landing = times.land(nets.student, x, path.start, path.end, rows.context)
    return Taught(pseudo_huber(times.apart(landing, goal, path.start, path.end), plan.width))


@torch.no_grad()
def target(nets: Nets, times: Times, x: Tensor, path: Jump, context: Any) -> Tensor:
    """The teacher's step to the middle, then the average's jump to the end; no gradient."""
    between = times.land(nets.teacher, x, path.start, path.middle, context)
    return onward(nets, times, between, path, context)


@torch.no_grad()
def onward(nets: Nets, times: Times, between: Tensor, path: Jump, context: Any) -> Tensor:
    """The average's jump from the middle to the end; no gradient.

    Rows that have arrived are not shown to the network.
    """
    left = (path.middle != path.end).nonzero().flatten()
    if not len(left):
        return between
    here = left.to(between.device)
    x, middle, end = between[here], path.middle[left], path.end[left]
    return between.index_copy(0, here, times.land(nets.average, x, middle, end, context[left]))


CONSISTENCY = Loss("consistency", "images", Rows, draw, _student)
