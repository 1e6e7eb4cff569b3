"""Feature matching: a landing must look to the teacher as the path's own point does.

SDXS (arXiv 2403.16627) compares one-step pictures by features in place of values. Here
the features are the teacher's own (as arXiv 2401.00110 has them), so the latent is never decoded:

    loss = mean over blocks k of pseudo-Huber((f_k(a) - f_k(b)) / size_k(b))

with a the landing and b the point of the path. Where they are clean pictures, both get the same
noise at a level that is drawn; where they are on the way, the teacher is asked at their own level.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..discriminator import groups_of
from ..draws import Material, Plan
from ..times import CLEAN, Times, wide
from .distance import pseudo_huber
from .kind import Loss, Nets, Taught
from .trajectory import draw as draw_paths


class _Rows(NamedTuple):
    x: Tensor
    goal: Tensor
    start: Tensor
    end: Tensor
    context: Any
    level: Tensor
    noise: Tensor


def _draw(
    material: Material, count: int, plan: Plan, done: float, generator: torch.Generator
) -> _Rows:
    paths = draw_paths(material, count, plan, done, generator)
    level = plan.matching.levels.draw(count, generator=generator)
    return _Rows(*paths, level, material.noise(count, generator=generator))


def _student(nets: Nets, times: Times, plan: Plan, rows: _Rows) -> Taught:
    landing = times.land(nets.student, rows.x, rows.start, rows.end, rows.context)
    clean = rows.end == CLEAN
    at = torch.where(clean, times.nearest(rows.level), rows.end)
    here = wide(clean.to(landing.device), landing)

    def look(images: Tensor) -> list[Tensor]:
        x = torch.where(here, times.noised(images, rows.noise, at), images)
        return nets.features(x, times.sigmas(at, x), rows.context)

    with torch.no_grad():
        goals = look(rows.goal)
    apart = [
        pseudo_huber((seen - goal) / _size(goal), plan.width)
        for seen, goal in zip(look(landing), goals, strict=True)
    ]
    return Taught(torch.stack(apart).mean())


def _size(seen: Tensor) -> Tensor:
    """The root mean square of groups of channels, so that loud ones do not drown the others."""
    groups = seen.unflatten(1, (groups_of(seen), -1))
    size = groups.square().mean((2, 3, 4), keepdim=True).sqrt().clamp(min=1e-6)
    return size.expand_as(groups).flatten(1, 2)


FEATURES = Loss("features", "paths", _Rows, _draw, _student)
