"""What a loss is: what it needs, what it draws for a step, and what the student pays for it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..draws import Material, Plan
from ..times import Net, Times


class Nets(NamedTuple):
    """The teacher with its guidance; the student, its average, and the fake score, no guidance."""

    teacher: Net
    student: Net
    average: Net
    fake: Net


class Taught(NamedTuple):
    """The student's loss, and the pictures that the fake score learns from, where there is one."""

    loss: Tensor
    pictures: Tensor | None = None


class Loss(NamedTuple):
    """A method.

    `needs` is "paths", "images" or "" for nothing but prompts. `draw` makes `rows`, a NamedTuple
    of the batch's rows, so that a part of it is a smaller batch. `fake` is what the fake score pays
    on pictures, in each of its rounds, or None.
    """

    name: str
    needs: str
    rows: type
    draw: Callable[[Material, int, Plan, float, torch.Generator], Any]
    student: Callable[[Nets, Times, Plan, Any], Taught]
    fake: Callable[[Nets, Times, Any, Tensor, int], Tensor] | None = None
