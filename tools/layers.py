"""Layers of a network as named tensors, filled from torch's global generator."""

import math

import torch

Weights = dict[str, torch.Tensor]

# Random kernels give grain; blurring ones give clouds.
SMOOTH = torch.tensor([1.0, 2.0, 1.0]).outer(torch.tensor([1.0, 2.0, 1.0])) / 16


def conv(
    name: str, inputs: int, outputs: int, *, size: int = 3, gain: float = 1, bias: bool = True
) -> Weights:
    weight = torch.randn(outputs, inputs, 1, 1) * (gain / math.sqrt(inputs))
    return _with_bias(name, weight * SMOOTH if size == 3 else weight, bias)


def linear(name: str, inputs: int, outputs: int, *, gain: float = 1, bias: bool = True) -> Weights:
    return _with_bias(name, torch.randn(outputs, inputs) * (gain / math.sqrt(inputs)), bias)


def _with_bias(name: str, weight: torch.Tensor, bias: bool) -> Weights:
    zeros = {f"{name}.bias": torch.zeros(weight.shape[0])} if bias else {}
    return {f"{name}.weight": weight} | zeros


def norm(name: str, channels: int) -> Weights:
    return {f"{name}.weight": torch.ones(channels), f"{name}.bias": torch.zeros(channels)}


def prefixed(prefix: str, weights: Weights) -> Weights:
    return {prefix + name: weight for name, weight in weights.items()}
