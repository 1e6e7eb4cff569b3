"""What a few-step adapter is taught: to jump from any time along the guided teacher's path.

LCM (arXiv 2310.04378) jumps to the picture, TCD (arXiv 2402.19159) to any earlier time as well.
A jump from t must end where the teacher's small step to u, and a jump from there, would end.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from ..model.diffusion import TIMES, Predictor, noised, predicted_image

_GRID = 20
_CLEAN = -1


class Jump(NamedTuple):
    """Times B: from `start`, by way of `middle`, to `end`; -1 is the clean picture."""

    start: Tensor
    middle: Tensor
    end: Tensor


def jumps(count: int, skip: int, *, to_any: bool, last: float = 0.0) -> Jump:
    """Starts on the grid 19, 39 .. 999; ends clean, or for TCD half of them anywhere below.

    `last` is the share that starts at 999 whatever the dice say.
    """
    start = _GRID * torch.randint(1, 51, (count,)) - 1
    start = torch.where(torch.rand(count) < last, TIMES - 1, start)
    middle = (start - skip).clamp(min=_CLEAN)
    share = torch.rand(count)
    end = ((middle + 1) * share / _GRID).long() * _GRID - 1
    clean = torch.rand(count) < (0.5 if to_any else 1.0)
    return Jump(start, middle, torch.where(clean, _CLEAN, end))


def landing(model: Predictor, x: Tensor, prompts: Tensor, powers: Tensor, path: Jump) -> Tensor:
    """Where `model` thinks that the path from `x` at its start ends."""
    noise = model(x, path.start.clamp(min=0), prompts)
    image = predicted_image(x, noise, level(powers, path.start))
    return noised(image, noise, level(powers, path.end))


def target(
    teacher: Predictor, student: Predictor, x: Tensor, prompts: Tensor, powers: Tensor, path: Jump
) -> Tensor:
    """The teacher's step to the middle, then the slow copy of the student's jump to the end."""
    with torch.no_grad():
        between = landing(teacher, x, prompts, powers, path._replace(end=path.middle))
        ahead = landing(student, between, prompts, powers, path._replace(start=path.middle))
    arrived = (path.middle == path.end)[:, None, None, None].to(x.device)
    return torch.where(arrived, between, ahead)


def level(powers: Tensor, time: Tensor) -> Tensor:
    """The signal's power at times, 1 at the clean end."""
    time = time.to(powers.device)
    return torch.where(time < 0, 1.0, powers[time.clamp(min=0)])


def pseudo_huber(difference: Tensor, width: float) -> Tensor:
    """Squares for small, absolute values for large differences."""
    return ((difference.square() + width**2).sqrt() - width).mean()
