"""The two matrices of a LoRA for one layer, and the two ways to apply them without merging.

For a layer y = W x and a LoRA B A of strength s, equal up to rounding:

    y = (W + s B A) x      the sum is made for this call and dropped: cheap for many positions
    y = W x + s B (A x)    the product is added to what the layer gave: cheap for few
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812


class Matrices(NamedTuple):
    """up, outputs x rank, and down, rank x inputs (x kernel), in one type and on one device."""

    up: torch.Tensor
    down: torch.Tensor


class Product:
    """up: outputs x rank (x 1 ...), down: rank x inputs (x kernel); scale is alpha / rank.

    The matrices of convolutions may be stored flat, inputs and kernel as one.
    """

    def __init__(self, up: torch.Tensor, down: torch.Tensor, scale: float):
        self.up, self.down = up.flatten(1), down
        self.scale = scale
        self.outputs, self.rank = self.up.shape

    def like(self, x: torch.Tensor, layer: torch.nn.Module) -> Matrices:
        """The matrices in the type and on the device of `x`, as `layer` computes with them."""
        down = self.down.to(x.device, x.dtype)
        if is_convolution(layer):
            inputs = layer.in_channels // layer.groups
            down = down.reshape(self.rank, inputs, *layer.kernel_size)
        else:
            down = down.flatten(1)
        return Matrices(self.up.to(x.device, x.dtype), down)

    @property
    def numbers(self) -> int:
        return self.up.numel() + self.down.numel()

    def sum_is_cheaper(self, positions: int) -> bool:
        """Whether W + s B A takes fewer multiplications than B (A x) at so many positions."""
        inputs = self.down.numel() // self.rank
        return self.outputs * inputs < positions * (self.outputs + inputs)

    def added_to(self, weight: torch.Tensor, matrices: Matrices, strength: float) -> torch.Tensor:
        """weight + strength * B A, as a new tensor."""
        up, down, factor = matrices.up, matrices.down, strength * self.scale
        if weight.ndim == 2:
            # A view costs a GPU's Python as much as a product does.
            return torch.addmm(weight, up, down, alpha=factor)
        flat = torch.addmm(weight.flatten(1), up, down.flatten(1), alpha=factor)
        return flat.view_as(weight)

    def add(
        self,
        y: torch.Tensor,
        x: torch.Tensor,
        layer: torch.nn.Module,
        matrices: Matrices,
        strength: float,
    ) -> None:
        """Adds strength * B (A x) to y, the output of `layer` for x, in place."""
        up, down = matrices
        factor = strength * self.scale
        if is_convolution(layer):
            # The layer's own convolution: others change how it pads.
            inner = layer._conv_forward(x, down, None).flatten(2)
            if y.is_contiguous():
                y.view(*y.shape[:2], -1).baddbmm_(up.expand(len(y), *up.shape), inner, alpha=factor)
            else:
                y.add_((up @ inner).view(y.shape), alpha=factor)
            return
        inner = F.linear(x, down)
        if y.is_contiguous():
            y.view(-1, y.shape[-1]).addmm_(inner.reshape(-1, self.rank), up.t(), alpha=factor)
        else:
            y.add_(F.linear(inner, up), alpha=factor)


class Part(NamedTuple):
    """A product for a layer, or for the slice of its outputs that begins at `start`."""

    product: Product
    start: int = 0


def positions(x: torch.Tensor, layer: torch.nn.Module) -> int:
    """How often `layer` is applied to x: pixels of its output, or tokens."""
    if not is_convolution(layer):
        return math.prod(x.shape[:-1])
    return len(x) * math.prod(x.shape[2:]) // math.prod(layer.stride)


def is_convolution(layer: torch.nn.Module) -> bool:
    """By what it can do: the host's layers for quantised weights are of no class of torch's."""
    return hasattr(layer, "_conv_forward")


def has_live_form(layer: torch.nn.Module) -> bool:
    """Whether a product can be added to what this layer gives."""
    if is_convolution(layer):
        return layer.groups == 1
    return hasattr(layer, "in_features") and hasattr(layer, "out_features")
