"""A UNet with a LoRA merged into it: what full distilled models are made like."""

from torch import Tensor

from ..model.lora import kohya_name
from .parts import UNET, Weights


def merged(model: Weights, adapter: Weights) -> Weights:
    """The UNet of `model`, by its full names, with all pairs of the adapter added."""
    return {
        name: weight + _change(name, adapter, weight)
        for name, weight in model.items()
        if name.startswith(UNET)
    }


def _change(name: str, adapter: Weights, weight: Tensor) -> Tensor | float:
    layer = kohya_name(name.removeprefix(UNET).removesuffix(".weight"))
    if f"{layer}.lora_down.weight" not in adapter:
        return 0.0
    down, up = (adapter[f"{layer}.lora_{part}.weight"] for part in ("down", "up"))
    scale = float(adapter[f"{layer}.alpha"]) / down.shape[0]
    return scale * (up.flatten(1) @ down.flatten(1)).reshape(weight.shape)
