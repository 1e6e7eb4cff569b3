"""Which layers of a model a LoRA changes, and what of it does not fit."""

from typing import Any, NamedTuple

import comfy.lora
import comfy.utils
import comfy.weight_adapter
import torch

from ...recipes import modules_of
from .reading import LoraFile


class Match(NamedTuple):
    """What of a LoRA fits a model: patches as the host has them, and what does not fit.

    `misfits` are (layer, shape of the LoRA's change, shape of the layer's weight).
    """

    patches: dict[Any, Any]
    matched: int
    missing: list[str]
    misfits: list[tuple[str, tuple[int, ...], tuple[int, ...]]]

    @property
    def total(self) -> int:
        return self.matched + len(self.missing)


def match(model: Any, file: LoraFile) -> Match:
    """The layers of `model`, a patcher, that the LoRA changes."""
    weights = model.model.state_dict()
    # The host's list names layers that narrower levels do not have.
    targets = {
        module: target for module, target in _targets(model).items() if _name(target) in weights
    }
    patches = comfy.lora.load_lora(file.tensors, targets, log_missing=False)
    modules = modules_of(file.tensors)
    missing = [module for module in modules if module not in targets]
    misfits = [
        (_name(target), change, shape)
        for target, adapter in patches.items()
        if (change := _change(adapter)) is not None
        and change != (shape := _shape(weights[_name(target)], target))
    ]
    return Match(patches, len(modules) - len(missing), missing, misfits)


def _targets(model: Any) -> dict[str, Any]:
    """Layers by the names LoRA files have for them; more names than the host's own loader knows."""
    targets = comfy.lora.model_lora_keys_unet(model.model, {})
    config = model.model.model_config.unet_config
    for name, inside in comfy.utils.unet_to_diffusers(config).items():
        if name.endswith(".weight"):
            module = name.removesuffix(".weight")
            for prefix in ("unet.", "base_model.model.", "unet.base_model.model."):
                targets.setdefault(prefix + module, f"diffusion_model.{inside}")
    for name, target in [*targets.items()]:
        if name.startswith("transformer."):
            targets.setdefault("base_model.model." + name.removeprefix("transformer."), target)
    return targets


def _name(target: Any) -> str:
    return target if isinstance(target, str) else target[0]


def _change(adapter: Any) -> tuple[int, ...] | None:
    """(outputs, inputs x kernel) of what a LoRA adds, where it is a product of two matrices."""
    if not is_product(adapter):
        return None
    up, down = adapter.weights[:2]
    return up.shape[0], down[0].numel()


def _shape(weight: torch.Tensor, target: Any) -> tuple[int, int]:
    cut = None if isinstance(target, str) else target[1]
    return (cut[2] if cut else weight.shape[0]), weight[0].numel()


def is_product(adapter: Any) -> bool:
    """Whether it is a plain LoRA: no third matrix, no scaled directions, no new shape."""
    kind = comfy.weight_adapter.LoRAAdapter
    return type(adapter) is kind and all(extra is None for extra in adapter.weights[3:])
