"""The student's own pictures, as a sampler of its steps would come to them."""

from typing import Any

import torch
from torch import Tensor

from ..times import TIMES, Times
from .kind import Nets


def picture(
    nets: Nets, times: Times, top: Tensor, again: Tensor, start: Tensor, context: Any
) -> Tensor:
    """What the student draws from times `start`, with gradients of this last step alone.

    `top` is x at time 999, and `again` the noise that its first picture gets where it starts below.
    """
    x = _begun(nets, times, top, again, start, context)
    return nets.student(x, times.sigmas(start, x), context)


@torch.no_grad()
def _begun(
    nets: Nets, times: Times, top: Tensor, again: Tensor, start: Tensor, context: Any
) -> Tensor:
    """x at the start of each row's step: below the top from the student's own picture (DMD2)."""
    x = top.clone()
    later = (start < TIMES - 1).nonzero().flatten()
    if len(later):
        here = later.to(x.device)
        above = torch.full((len(later),), TIMES - 1)
        first = nets.student(x[here], times.sigmas(above, x), context[later])
        x[here] = times.noised(first, again[here], start[later])
    return x
