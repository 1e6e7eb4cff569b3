"""A sampler's own steps, without noise in between: what a student is seen by."""

from typing import Any

import torch
from torch import Tensor

from .draws import trailing
from .times import Net, Times


def walked(
    net: Net, times: Times, x: Tensor, segments: Tensor, taken: Tensor, context: Any
) -> Tensor:
    """Where x B C ..., of time 999, is after `taken` B of `segments` B steps at trailing times.

    After all of them it is the clean image. Rows that have arrived are not shown to the network.
    """
    for step in range(int(taken.max())):
        rows = (taken > step).nonzero().flatten()
        here, left = rows.to(x.device), segments[rows] - step
        start, end = (trailing(index, segments[rows]) for index in (left, left - 1))
        x = x.index_copy(0, here, times.land(net, x[here], start, end, context[rows]))
    return x


def pictures(net: Net, times: Times, noise: Tensor, steps: int, context: Any) -> Tensor:
    """The clean images B C ... that `net` makes of unit noise in `steps` steps."""
    whole = torch.full((len(noise),), steps)
    return walked(net, times, times.pure(noise), whole, whole, context)
