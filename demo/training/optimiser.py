"""Muon (kellerjordan.github.io/posts/muon) for the matrices, Adam for the rest.

Muon's steps are scaled to Adam's usual size (arXiv 2502.16982), so both share one rate.
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ..model.device import fast_format

_QUINTIC = (3.4445, -4.7750, 2.0315)


class Muon(Optimizer):
    """Orthogonalised momentum; weights of one shape are orthogonalised together."""

    def __init__(self, weights: Iterable[Tensor], rate: float, momentum: float = 0.95) -> None:
        super().__init__(list(weights), {"lr": rate, "momentum": momentum, "decay": 0.01})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Moves every weight by its orthogonalised momentum."""
        for group in self.param_groups:
            shapes: dict[tuple[int, int], list[Tensor]] = {}
            for weight in group["params"]:
                if weight.grad is not None:
                    shapes.setdefault((weight.shape[0], weight[0].numel()), []).append(weight)
            for shape, weights in shapes.items():
                self._move(weights, shape, group)

    def _move(self, weights: list[Tensor], shape: tuple[int, int], group: dict) -> None:
        momenta = [self._momentum(weight) for weight in weights]
        gradients = [weight.grad for weight in weights]
        torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
        ahead = torch._foreach_lerp(gradients, momenta, group["momentum"])
        moves = orthogonal(torch.stack([move.reshape(shape) for move in ahead]))
        size = group["lr"] * 0.2 * math.sqrt(max(shape))
        moves = [
            move.reshape(weight.shape).to(weight.dtype)
            for weight, move in zip(weights, moves, strict=True)
        ]
        torch._foreach_mul_(weights, 1 - group["lr"] * group["decay"])
        torch._foreach_add_(weights, moves, alpha=-size)

    def _momentum(self, weight: Tensor) -> Tensor:
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        return state["momentum"]


def orthogonal(matrices: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    """The nearest half-orthogonal matrices (B R C), roughly, by five Newton-Schulz rounds."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    x = x.to(dtype or fast_format(x.device))
    a, b, c = _QUINTIC
    for _ in range(5):
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


def optimisers(module: nn.Module, rate: float, *, plain: tuple[str, ...] = ()) -> list[Optimizer]:
    """Muon for hidden weights; Adam for vectors and for layers whose name starts with `plain`."""
    matrices, others = [], []
    for name, weight in module.named_parameters():
        if weight.requires_grad:
            hidden = weight.ndim > 1 and not name.startswith(plain)
            (matrices if hidden else others).append(weight)
    adam = torch.optim.AdamW(others, rate, betas=(0.9, 0.99), weight_decay=0.0)
    return [Muon(matrices, rate), adam]
