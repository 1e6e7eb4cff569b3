"""Adversarial distillation: pictures that a discriminator on the teacher's features takes for real.

LADD (arXiv 2403.12015): the student's pictures and the teacher's own are noised again, the teacher
is asked, and small heads on its blocks tell the two apart (hinge loss). What is real are the ends
of the teacher's paths, or a person's own latents.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..draws import Material, Plan
from ..times import Times
from .distance import pseudo_huber
from .kind import Loss, Nets, Rival, Taught
from .picture import picture

HEADS = "heads"


class _Rows(NamedTuple):
    """`goal` is the end of the path that begins at `noise`, where the distance to it counts."""

    noise: Tensor
    again: Tensor
    start: Tensor
    level: Tensor
    at_level: Tensor
    goal: Tensor
    context: Any
    real: Tensor
    of_real: Any
    round_level: Tensor
    at_fake: Tensor
    at_real: Tensor
    aside: Tensor


def _draw(
    material: Material, count: int, plan: Plan, done: float, generator: torch.Generator
) -> _Rows:
    how, rounds = plan.discriminator, plan.rounds

    def noise(*more: int) -> Tensor:
        return material.noise(count, *more, generator=generator)

    start, goal, context = _starts(material, count, plan, generator)
    real, of_real = material.some_images(count, generator)
    return _Rows(
        start,
        noise(),
        plan.starts(count, generator),
        how.levels.draw(count, generator=generator),
        noise(),
        goal,
        context,
        real,
        of_real,
        how.levels.draw(count, rounds, generator=generator),
        noise(rounds),
        noise(rounds),
        noise(rounds),
    )


def _starts(
    material: Material, count: int, plan: Plan, generator: torch.Generator
) -> tuple[Tensor, Tensor, Any]:
    """Noise, where it should lead, and its contexts; of the paths only where a distance counts."""
    if not plan.discriminator.distance:
        noise = material.noise(count, generator=generator)
        chosen = torch.randint(len(material.prompts), (count,), generator=generator)
        return noise, noise, material.prompts[chosen]
    if material.paths is None:
        raise ValueError("A distance to the teacher's pictures needs its paths. Connect paths.")
    chosen = torch.randint(len(material.paths), (count,), generator=generator)
    first, last = (material.paths[chosen, end].to(material.dtype) for end in (0, -1))
    return first, last, material.prompts[material.of_paths[chosen]]


def _student(nets: Nets, times: Times, plan: Plan, rows: _Rows) -> Taught:
    distance = plan.discriminator.distance
    # A path's start has its scale already.
    top = rows.noise if distance else times.pure(rows.noise)
    made = picture(nets, times, top, rows.again, rows.start, rows.context)
    seen = _logits(nets, times, made, rows.level, rows.at_level, rows.context)
    loss = -_mean(seen)
    if distance:
        loss = loss + distance * pseudo_huber(made - rows.goal, plan.width)
    return Taught(loss, {HEADS: made.detach()})


def _heads(
    nets: Nets, times: Times, plan: Plan, rows: _Rows, pictures: Tensor, turn: int
) -> Tensor:
    """The hinge loss, and R1 by a difference: real pictures that hardly differ look the same."""
    how, level = plan.discriminator, rows.round_level[:, turn]

    def look(images: Tensor, noise: Tensor, context: Any) -> list[Tensor]:
        return _logits(nets, times, images, level, noise[:, turn], context)

    fake = look(pictures, rows.at_fake, rows.context)
    real = look(rows.real, rows.at_real, rows.of_real)
    loss = _mean(real, lambda one: (1 - one).relu()) + _mean(fake, lambda one: (1 + one).relu())
    if how.penalty:
        near = look(rows.real + how.aside * rows.aside[:, turn], rows.at_real, rows.of_real)
        change = [one - other for one, other in zip(real, near, strict=True)]
        loss = loss + how.penalty * _mean(change, torch.square)
    return loss


def _logits(
    nets: Nets, times: Times, images: Tensor, level: Tensor, noise: Tensor, context: Any
) -> list[Tensor]:
    """What the heads say of images that are noised again; gradients reach images that want them."""
    at = times.nearest(level)
    x = times.noised(images, noise, at)
    with torch.set_grad_enabled(images.requires_grad):
        maps = nets.features(x, times.sigmas(at, x), context)
    return nets.heads(maps, level, context)


def _mean(logits: Sequence[Tensor], of: Callable[[Tensor], Tensor] = lambda one: one) -> Tensor:
    """Over places, then over heads, so that fine maps count no more than coarse ones."""
    return torch.stack([of(one).mean() for one in logits]).mean()


ADVERSARIAL = Loss(
    "adversarial",
    "images",
    _Rows,
    _draw,
    _student,
    (Rival(HEADS, _heads, lambda plan, rate: plan.discriminator.rate),),
)
