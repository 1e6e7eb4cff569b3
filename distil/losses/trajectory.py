"""Regression on the teacher's own paths, drawn once: from a point to the end of its segment.

TSCD's segments (arXiv 2404.13686, section 3.1), with the end of the path in place of a target
that the student sets itself.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..draws import Material, Plan, segment_end
from ..times import Times
from .distance import pseudo_huber
from .kind import Loss, Nets, Taught


class PathRows(NamedTuple):
    x: Tensor
    goal: Tensor
    start: Tensor
    end: Tensor
    context: Any


def draw(
    material: Material, count: int, plan: Plan, done: float, generator: torch.Generator
) -> PathRows:
    paths, whole = material.paths, len(material.times) - 1
    chosen = torch.randint(len(paths), (count,), generator=generator)
    segments = plan.segments(count, done, generator)
    left = torch.randint(1, whole + 1, (count,), generator=generator)
    if plan.target == 0:
        # Where samplers of all these numbers of steps are: the cuts alone.
        left = segment_end(left, whole, segments)
    left = torch.where(torch.rand(count, generator=generator) < plan.last, whole, left)
    left = torch.where(left < 1, whole, left)
    first, second = whole - left, whole - segment_end(left, whole, segments)
    return PathRows(
        paths[chosen, first].to(material.dtype),
        paths[chosen, second].to(material.dtype),
        material.times[first],
        material.times[second],
        material.prompts[material.of_paths[chosen]],
    )


def _student(nets: Nets, times: Times, plan: Plan, rows: PathRows) -> Taught:
    landing = times.land(nets.student, rows.x, rows.start, rows.end, rows.context)
    return Taught(pseudo_huber(times.apart(landing, rows.goal, rows.start, rows.end), plan.width))


TRAJECTORY = Loss("trajectory", "paths", PathRows, draw, _student)
