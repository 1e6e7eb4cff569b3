"""How far weights may move from where they began: against rewards won by worse pictures."""

from collections.abc import Sequence

import torch
from torch import Tensor


class Limit:
    """Weights that are put back, after each step, into a ball around their start.

    Each matrix may differ from its start by `share` of the start's own size (Frobenius norm), so
    that no layer is torn away while others rest. Averages of the weights stay inside as well.
    """

    def __init__(self, weights: Sequence[Tensor], share: float):
        self._weights, self.share = [*weights], share
        self._start = [weight.detach().clone() for weight in weights]
        sizes = torch.stack(torch._foreach_norm(self._start)).tolist()
        self._most = [share * size for size in sizes]
        if not any(self._most):
            raise ValueError("All weights begin at zero, and no share of that is a limit.")

    @torch.no_grad()
    def keep(self) -> None:
        """Puts back, in place, what has gone too far."""
        gone = torch._foreach_sub(self._weights, self._start)
        # One wait for the device, not one a matrix.
        sizes = torch.stack(torch._foreach_norm(gone)).tolist()
        for weight, start, way, far, most in zip(
            self._weights, self._start, gone, sizes, self._most, strict=True
        ):
            if far > most:
                weight.copy_(start + way * (most / far))

    @torch.no_grad()
    def moved(self, weights: Sequence[Tensor]) -> float:
        """How far such weights are from the start, in the start's size, all together."""
        gone = torch._foreach_norm(torch._foreach_sub(list(weights), self._start))
        size = torch._foreach_norm(self._start)
        return float(torch.stack(gone).norm() / torch.stack(size).norm())
