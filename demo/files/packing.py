"""Weights as int8 with a scale for each output channel: smaller and closer than fp8."""

import torch
from torch import Tensor

_SCALE = ".scale"
_SMALL = 4096


def pack(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Large matrices and kernels as int8 and a scale, the rest as fp16."""
    packed = {}
    for name, weight in weights.items():
        if weight.ndim < 2 or weight.numel() < _SMALL:
            packed[name] = weight.half()
            continue
        largest = weight.float().flatten(1).abs().amax(1).clamp(min=1e-12)
        scale = (largest / 127).half().clamp(min=2**-24)
        packed[name] = (weight.float() / _along(scale, weight)).round().clamp(-127, 127).char()
        packed[name + _SCALE] = scale
    return packed


def unpack(packed: dict[str, Tensor], dtype: torch.dtype = torch.float16) -> dict[str, Tensor]:
    """The weights again, each within half a step of its channel's scale."""
    return {
        name: (weight.float() * _along(packed[name + _SCALE], weight)).to(dtype)
        if weight.dtype == torch.int8
        else weight.to(dtype)
        for name, weight in packed.items()
        if not name.endswith(_SCALE)
    }


def _along(scale: Tensor, weight: Tensor) -> Tensor:
    return scale.float().reshape(-1, *[1] * (weight.ndim - 1))
