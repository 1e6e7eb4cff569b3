"""The two matrices of a LoRA for one layer, and the two ways to apply them without merging.

For a layer y = W x and a LoRA B A of strength s, equal up to rounding:

    y = (W + s B A) x      the sum is made for this call and dropped: cheap for many positions
    y = W x + s B (A x)    the product is added to what the layer gave: cheap for few
"""

import math

import torch
import torch.nn.functional as F  # noqa: N812


class Product:
    """up: outputs x rank (x 1 x 1), down: rank x inputs (x kernel), scale: alpha / rank.

    Keeps one copy in the type and on the device it was last used with.
    """

    def __init__(self, up: torch.Tensor, down: torch.Tensor, scale: float):
        self._up, self._down = up, down
        self.scale = scale
        self.outputs, self.rank = up.shape[:2]
        self._copy: tuple[torch.Tensor, torch.Tensor] | None = None

    def forget(self) -> None:
        self._copy = None

    def like(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """up as outputs x rank, and down, in the type and on the device of `x`."""
        if self._copy is None or (self._copy[0].dtype, self._copy[0].device) != (x.dtype, x.device):
            up = self._up.flatten(1).to(x.device, x.dtype)
            self._copy = up, self._down.to(x.device, x.dtype)
        return self._copy

    def sum_is_cheaper(self, positions: int) -> bool:
        """Whether W + s B A takes fewer multiplications than B (A x) at so many positions."""
        inputs = self._down[0].numel()
        return self.outputs * inputs < positions * (self.outputs + inputs)

    def added_to(self, weight: torch.Tensor, strength: float) -> torch.Tensor:
        """weight + strength * B A, as a new tensor."""
        up, down = self.like(weight)
        flat = torch.addmm(weight.flatten(1), up, down.flatten(1), alpha=strength * self.scale)
        return flat.view_as(weight)

    def add(
        self, y: torch.Tensor, x: torch.Tensor, layer: torch.nn.Module, strength: float
    ) -> None:
        """Adds strength * B (A x) to y, the output of `layer` for x, in place."""
        up, down = self.like(x)
        factor = strength * self.scale
        if isinstance(layer, torch.nn.Conv2d):
            inner = F.conv2d(x, down, None, layer.stride, layer.padding, layer.dilation)
            y.view(*y.shape[:2], -1).baddbmm_(
                up.expand(len(y), *up.shape), inner.flatten(2), alpha=factor
            )
        else:
            inner = F.linear(x, down.flatten(1))
            if y.is_contiguous():
                y.view(-1, y.shape[-1]).addmm_(inner.reshape(-1, self.rank), up.t(), alpha=factor)
            else:
                y.add_(F.linear(inner, up), alpha=factor)


def positions(x: torch.Tensor, layer: torch.nn.Module) -> int:
    """How often `layer` is applied to x: pixels of its output, or tokens."""
    if not isinstance(layer, torch.nn.Conv2d):
        return math.prod(x.shape[:-1])
    return len(x) * math.prod(x.shape[2:]) // math.prod(layer.stride)
