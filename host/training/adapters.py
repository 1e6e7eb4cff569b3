"""LoRAs in training on the layers of a network: several sets on one set of weights, one switch."""

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ..lora.product import is_convolution
from .switch import Switch, replaced

STUDENT, AVERAGE, START = "student", "average", "start"
# They have no gradients.
_FIXED = (AVERAGE, START)
# No set of its own, but what the student has learned since it began.
LEARNED = "learned"
_SUMS = {LEARNED: ((STUDENT, 1), (START, -1))}


class Matrices(NamedTuple):
    """down: rank x inputs (and kernel, flat), up: outputs x rank; the scale is in them."""

    down: Tensor
    up: Tensor


class Pair(torch.nn.Module):
    """The two matrices of a layer, in fp32 whatever the model computes in."""

    def __init__(self, matrices: Matrices):
        super().__init__()
        # Copies: what nodes compute before a training is made for inference alone.
        self.down = torch.nn.Parameter(matrices.down.detach().float().clone())
        self.up = torch.nn.Parameter(matrices.up.detach().float().clone())

    def forward(self, x: Tensor, layer: torch.nn.Module) -> Tensor:
        """What is added to the layer's output for x."""
        down, up = self.down.to(x.dtype), self.up.to(x.dtype)
        if not is_convolution(layer):
            return F.linear(F.linear(x, down), up)
        inputs = layer.in_channels // layer.groups
        # The layer's own convolution: others change how it pads.
        inner = layer._conv_forward(x, down.view(len(down), inputs, *layer.kernel_size), None)
        return (up @ inner.flatten(2)).view(len(x), len(up), *inner.shape[2:])


class Adapters:
    """Sets of pairs by name on the layers of a network, which the switch turns on."""

    def __init__(
        self,
        layers: Mapping[str, torch.nn.Module],
        matrices: Mapping[str, Matrices],
        device: torch.device,
    ):
        self.switch = Switch()
        self._layers = {name: layers[name] for name in matrices}
        pairs = {_key(name): Pair(one) for name, one in matrices.items()}
        self._sets = {STUDENT: torch.nn.ModuleDict(pairs).to(device)}
        self._restore: list[Callable[[], None]] = []
        self.copy(AVERAGE)

    def copy(self, name: str) -> None:
        """A set of its own that begins as the student is now."""
        self._sets[name] = copy.deepcopy(self._sets[STUDENT]).requires_grad_(name not in _FIXED)

    def forget(self, name: str) -> None:
        """Begins a set anew with no effect: the model as it is."""
        with torch.no_grad():
            for pair in self._sets[name].values():
                pair.up.zero_()

    def weights(self, name: str) -> list[Tensor]:
        return [*self._sets[name].parameters()] if name in self._sets else []

    def pairs(self, name: str) -> dict[str, Pair]:
        """By the layer's name."""
        return {layer: self._sets[name][_key(layer)] for layer in self._layers}

    def state(self) -> dict[str, dict[str, Tensor]]:
        return {name: pairs.state_dict() for name, pairs in self._sets.items()}

    def restore(self, state: Mapping[str, Mapping[str, Tensor]]) -> None:
        for name, values in state.items():
            if name not in self._sets:
                self.copy(name)
            self._sets[name].load_state_dict(values)

    def inject(self) -> None:
        self._restore = [
            replaced(layer, self._around(name, layer)) for name, layer in self._layers.items()
        ]

    def eject(self) -> None:
        while self._restore:
            self._restore.pop()()

    def _around(self, name: str, layer: torch.nn.Module) -> Callable[..., Tensor]:
        plain, key = layer.forward, _key(name)

        def forward(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
            y, on = plain(x, *args, **kwargs), self.switch.on
            for name, sign in _SUMS.get(on, ((on, 1),)):
                if name in self._sets:
                    y = torch.add(y, self._sets[name][key](x, layer), alpha=sign)
            return y

        return forward


def fresh(layer: torch.nn.Module, rank: int, generator: torch.Generator) -> Matrices:
    """Matrices that change nothing yet, as LoRAs begin (arXiv 2106.09685)."""
    if is_convolution(layer):
        outputs = layer.out_channels
        inputs = layer.in_channels // layer.groups * math.prod(layer.kernel_size)
    else:
        outputs, inputs = layer.out_features, layer.in_features
    rank = min(rank, inputs, outputs)
    down = (torch.rand(rank, inputs, generator=generator) * 2 - 1) * inputs**-0.5
    return Matrices(down, torch.zeros(outputs, rank))


def _key(name: str) -> str:
    # A ModuleDict takes no dots.
    return name.replace(".", "/")
