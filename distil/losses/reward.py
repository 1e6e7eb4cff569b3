"""Feedback: pictures move to where a reward scores them higher (Hyper-SD, 2404.13686, section 3.3).

As ReFL (arXiv 2304.05977) does, only the last step of the student has a gradient. The paper's
pictures come after random numbers of steps, and here too; its hinge, which stops at a score that is
good enough, is left out: what is good enough differs by reward, and `Limit` stops in its place.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..draws import Material, Plan, trailing
from ..times import Times
from ..walk import walked
from .kind import Loss, Nets, Taught

# Scores B, the higher the better, of clean latents B C ... for the prompts of these rows B.
Score = Callable[[Tensor, Tensor], Tensor]


class _Rows(NamedTuple):
    noise: Tensor
    segments: Tensor
    taken: Tensor
    prompt: Tensor
    context: Any


def reward(score: Score, prompts: Tensor) -> Loss:
    """The loss of a reward on the `prompts`, rows of the material's."""

    def draw(
        material: Material, count: int, plan: Plan, done: float, generator: torch.Generator
    ) -> _Rows:
        chosen = prompts[torch.randint(len(prompts), (count,), generator=generator)]
        segments = plan.segments(count, 1.0, generator)
        taken = (torch.rand(count, generator=generator) * segments).long()
        noise = material.noise(count, generator=generator)
        return _Rows(noise, segments, taken, chosen, material.prompts[chosen])

    def student(nets: Nets, times: Times, plan: Plan, rows: _Rows) -> Taught:
        with torch.no_grad():
            begun = times.pure(rows.noise)
            x = walked(nets.student, times, begun, rows.segments, rows.taken, rows.context)
        start = trailing(rows.segments - rows.taken, rows.segments)
        pictures = nets.student(x, times.sigmas(start, x), rows.context)
        return Taught(-score(pictures, rows.prompt).mean())

    return Loss("reward", "", _Rows, draw, student)
