"""The average of the weights over the steps, which sets targets and is what is saved."""

from collections.abc import Sequence

import torch
from torch import Tensor


@torch.no_grad()
def follow(average: Sequence[Tensor], weights: Sequence[Tensor], share: float, step: int) -> None:
    """Moves the average, in place, towards the weights after step `step` (the first is 1).

    `share` of the old mean is kept; less at first, or the untrained start would linger.
    """
    kept = min(share, (1 + step) / (10 + step))
    torch._foreach_lerp_(list(average), list(weights), 1 - kept)
