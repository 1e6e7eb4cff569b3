"""What a loss is: what it needs, what it draws for a step, and what the student pays for it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..draws import Material, Plan
from ..times import Net, Times

# What blocks of the teacher give for x B C ..., sigmas B and contexts: maps B C H W, one a block.
Features = Callable[[Tensor, Tensor, Any], list[Tensor]]
# Logits B N, one tensor a head, for those maps, levels B (log of noise over image) and contexts.
Heads = Callable[[list[Tensor], Tensor, Any], list[Tensor]]


class Nets(NamedTuple):
    """The teacher with its guidance; the student, its average, and the fake score, no guidance.

    `features` are the teacher's own, `heads` those of the discriminator, and `learned` is the
    teacher without guidance, with no more of the student than it has learned since it began.
    """

    teacher: Net
    student: Net
    average: Net
    fake: Net
    features: Features | None = None
    heads: Heads | None = None
    learned: Net | None = None


class Taught(NamedTuple):
    """The student's loss, and by a rival's name the pictures that the rival learns from."""

    loss: Tensor
    shown: Mapping[str, Tensor] = {}


class Rival(NamedTuple):
    """What is trained in turn with the student, on the student's pictures.

    `name` is that of its weights. `pays` is its loss in each of its rounds, and `rate` says how
    fast it learns beside the student's rate.
    """

    name: str
    pays: Callable[[Nets, Times, Plan, Any, Tensor, int], Tensor]
    rate: Callable[[Plan, float], float] = lambda plan, rate: rate


class Loss(NamedTuple):
    """A method.

    `needs` is "paths", "images" or "" for nothing but prompts. `draw` makes `rows`, a NamedTuple
    of the batch's rows, so that a part of it is a smaller batch. `asks_start` says that it compares
    the student with what it was.
    """

    name: str
    needs: str
    rows: type
    draw: Callable[[Material, int, Plan, float, torch.Generator], Any]
    student: Callable[[Nets, Times, Plan, Any], Taught]
    rivals: tuple[Rival, ...] = ()
    asks_start: bool = False
