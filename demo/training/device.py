"""CPU or GPU, and the formats that are fast there."""

from typing import Any, TypeVar

import torch
from torch import Tensor, nn

Movable = TypeVar("Movable", Tensor, nn.Module)


def best_device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def channels_last(thing: Movable, device: torch.device) -> Movable:
    """On CPUs with bf16 units this is several times faster than channels first."""
    return thing.to(device=device, memory_format=torch.channels_last)


def autocast(device: torch.device) -> Any:
    """bf16 for convolutions and products."""
    return torch.autocast(device.type, torch.bfloat16)
