"""Score distillation: pictures move to where the teacher finds them likelier than they are.

DMD's gradient (arXiv 2311.18828, equations 7 and 8) with DMD2's two-level steps (2405.14867): a
fake score, trained on the student's pictures, says how likely those are. No data, no paths.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..draws import Material, Plan
from ..times import Times, wide
from .kind import Loss, Nets, Rival, Taught
from .picture import picture

FAKE = "fake"

# The ends of the noise, where both scores say little, are left out (DMD, section 3.2).
_LOW, _HIGH = 20, 980
# Min-SNR (arXiv 2303.09556): the weight of v-prediction, no more than this.
_MOST = 5.0


class _Rows(NamedTuple):
    noise: Tensor
    again: Tensor
    start: Tensor
    level: Tensor
    at_level: Tensor
    fake_level: Tensor
    at_fake_level: Tensor
    context: Any


def _draw(
    material: Material, count: int, plan: Plan, done: float, generator: torch.Generator
) -> _Rows:
    rounds = plan.rounds

    def noise(*more: int) -> Tensor:
        return material.noise(count, *more, generator=generator)

    def levels(*more: int) -> Tensor:
        return torch.randint(_LOW, _HIGH, (count, *more), generator=generator)

    chosen = torch.randint(len(material.prompts), (count,), generator=generator)
    return _Rows(
        noise(),
        noise(),
        plan.starts(count, generator),
        levels(),
        noise(),
        levels(rounds),
        noise(rounds),
        material.prompts[chosen],
    )


def _student(nets: Nets, times: Times, plan: Plan, rows: _Rows) -> Taught:
    top = times.pure(rows.noise)
    pictures = picture(nets, times, top, rows.again, rows.start, rows.context)
    direction = gradient(nets, times, pictures.detach(), rows.level, rows.at_level, rows.context)
    goal = pictures.detach() - direction
    return Taught(0.5 * (pictures - goal).square().mean(), {FAKE: pictures.detach()})


@torch.no_grad()
def gradient(
    nets: Nets, times: Times, pictures: Tensor, level: Tensor, noise: Tensor, context: Any
) -> Tensor:
    """What is subtracted from the pictures: (fake - real) over the mean of |picture - real|."""
    x = times.noised(pictures, noise, level)
    sigmas = times.sigmas(level, x)
    real, fake = nets.teacher(x, sigmas, context), nets.fake(x, sigmas, context)
    size = (pictures - real).abs().flatten(1).mean(1).clamp(min=1e-4)
    return (fake - real) / wide(size, pictures)


def _fake(nets: Nets, times: Times, plan: Plan, rows: _Rows, pictures: Tensor, turn: int) -> Tensor:
    level, noise = rows.fake_level[:, turn], rows.at_fake_level[:, turn]
    return denoising(nets, times, pictures, level, noise, rows.context)


def denoising(
    nets: Nets, times: Times, pictures: Tensor, level: Tensor, noise: Tensor, context: Any
) -> Tensor:
    """The fake score's own loss: to predict the student's pictures from their noised form."""
    x = times.noised(pictures, noise, level)
    sigmas = times.sigmas(level, x)
    weight = ((times.alphas(level, x) / sigmas).square() + 1).clamp(max=_MOST)
    error = nets.fake(x, sigmas, context) - pictures
    return (wide(weight, x) * error.square()).mean()


SCORE = Loss("score", "", _Rows, _draw, _student, (Rival(FAKE, _fake),))
