"""Which layers of a model a LoRA changes, and what of it does not fit."""

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import comfy.lora
import comfy.utils
import comfy.weight_adapter
import torch

from ...recipes import (
    down_of,
    has_part,
    modules_of,
    part_globs,
    text_encoder_modules_of,
    up_of,
)
from .product import Part, has_live_form
from .reading import LoraFile

# Where a model keeps what was matched with it, so that it goes with the model.
_KEPT = "_fewstep_matches"
# Files remembered for each model: two loaders that take turns find theirs again.
_MOST = 2
_PLAIN_TYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16)


class Match(NamedTuple):
    """What of a LoRA fits a model: patches as the host has them, and what does not fit.

    `live` holds the parts that can run live by layer, `merged` the patches that cannot. `missing`
    are layers of the file that the model does not have or that cannot be read; `misfits` are
    (layer, shape of the LoRA's change, shape of the layer's weight). `quantised` counts the layers
    whose weights are not plain numbers; `text_encoder` those of the file that are for one.
    """

    patches: dict[Any, Any]
    live: dict[str, list[Part]]
    merged: dict[Any, Any]
    total: int
    missing: list[str]
    misfits: list[tuple[str, tuple[int, ...], tuple[int, ...]]]
    quantised: int
    text_encoder: int

    @property
    def matched(self) -> int:
        return self.total - len(self.missing) - len(self.misfits)

    def excusing(self, patterns: Sequence[str]) -> "Match":
        """Without the missing layers that may be missing, by these globs with commas between."""
        globs = [glob for pattern in patterns for glob in part_globs(pattern)]
        rest = [one for one in self.missing if not has_part(globs, one)]
        return self._replace(total=self.total - len(self.missing) + len(rest), missing=rest)


class _Kept(OrderedDict):
    """Matches by file; a copy of the model begins without."""

    def __deepcopy__(self, _: Any) -> "_Kept":
        return _Kept()


def match(model: Any, file: LoraFile) -> Match:
    """The layers of `model`, a patcher, that the LoRA changes; made once for a model and a file."""
    kept = model.model.__dict__.setdefault(_KEPT, _Kept())
    if file not in kept:
        kept[file] = _match(model.model, file)
        while len(kept) > _MOST:
            kept.popitem(last=False)
    kept.move_to_end(file)
    return kept[file]


def _match(network: Any, file: LoraFile) -> Match:
    targets = targets_of(network)
    found = comfy.lora.load_lora(_pairs(file.tensors), targets, log_missing=False)
    misfits = {target: shapes for target in found if (shapes := _misfit(network, target, found))}
    patches = {target: adapter for target, adapter in found.items() if target not in misfits}
    modules = modules_of(file.tensors)
    live, merged = _live(network, file, patches)
    return Match(
        patches,
        live,
        merged,
        total=len(modules),
        missing=[one for one in modules if not _is_changed(targets.get(one), found)],
        misfits=[(_layer(target), *shapes) for target, shapes in misfits.items()],
        quantised=sum(not _is_plain(_weight(network, name)) for name in {*map(_name, patches)}),
        text_encoder=len(text_encoder_modules_of(file.tensors)),
    )


def _is_changed(target: Any, found: Mapping[Any, Any]) -> bool:
    """Whether a module has a patch of its own; q, k and v that are one layer have one each."""
    return target is not None and (target in found or f"{_layer(target)}.bias" in found)


def _pairs(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors without second matrices that have no first, on which the host's reader stops."""
    firsts = {down_of(name) for name in tensors}
    return {
        name: tensor
        for name, tensor in tensors.items()
        if (module := up_of(name)) is None or module in firsts
    }


def _live(
    network: Any, file: LoraFile, patches: Mapping[Any, Any]
) -> tuple[dict[str, list[Part]], dict[Any, Any]]:
    """What can run live, by layer, and the patches of what has to be merged."""
    parts: dict[str, list[Part]] = {}
    merged = {}
    for target, adapter in patches.items():
        layer, start = _place(target)
        if layer and is_product(adapter) and has_live_form(network.get_submodule(layer)):
            parts.setdefault(layer, []).append(Part(file.product(adapter), start))
        else:
            merged[target] = adapter
    return parts, merged


def targets_of(network: Any) -> dict[str, Any]:
    """Layers by the names LoRA files have for them; more names than the host's own loader knows."""
    targets = comfy.lora.model_lora_keys_unet(network, {})
    config = network.model_config.unet_config
    for name, inside in comfy.utils.unet_to_diffusers(config).items():
        if name.endswith(".weight"):
            module = name.removesuffix(".weight")
            for prefix in ("unet.", "base_model.model.", "unet.base_model.model."):
                targets.setdefault(prefix + module, f"diffusion_model.{inside}")
    for name, target in [*targets.items()]:
        if name.startswith("transformer."):
            targets.setdefault("base_model.model." + name.removeprefix("transformer."), target)
    # The host's list names layers that narrower levels do not have.
    there = {name: _weight(network, name) is not None for name in {*map(_name, targets.values())}}
    return {module: target for module, target in targets.items() if there[_name(target)]}


def _weight(network: Any, name: str) -> Any:
    """A weight as the layer has it: what stands in a state dict may be packed."""
    try:
        return comfy.utils.get_attr(network, name)
    except AttributeError:
        return None


def _name(target: Any) -> str:
    return target if isinstance(target, str) else target[0]


def _layer(target: Any) -> str:
    return _name(target).removesuffix(".weight").removesuffix(".bias")


def _place(target: Any) -> tuple[str | None, int]:
    """Layer and first output of a target; no layer where the host does more than cut outputs."""
    if isinstance(target, str):
        return (target.removesuffix(".weight"), 0) if target.endswith(".weight") else (None, 0)
    name, cut, *more = target
    if more or not cut or cut[0] != 0:
        return None, 0
    return name.removesuffix(".weight"), cut[1]


def _misfit(
    network: Any, target: Any, found: Mapping[Any, Any]
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The shapes, (outputs, inputs x kernel), of a change and of its weight where they differ."""
    adapter = found[target]
    if not is_product(adapter):
        return None
    up, down = adapter.weights[:2]
    shape = _weight(network, _name(target)).shape
    cut = None if isinstance(target, str) else target[1]
    weight = (cut[2] if cut else shape[0]), math.prod(shape[1:])
    change = up.shape[0], math.prod(down.shape[1:])
    return (change, weight) if change != weight else None


def _is_plain(weight: Any) -> bool:
    """Whether it is stored as the numbers it stands for, so that adding to it loses little."""
    return type(weight) in (torch.Tensor, torch.nn.Parameter) and weight.dtype in _PLAIN_TYPES


def is_product(adapter: Any) -> bool:
    """Whether it is a plain LoRA: no third matrix, no scaled directions, no new shape."""
    kind = comfy.weight_adapter.LoRAAdapter
    return type(adapter) is kind and all(extra is None for extra in adapter.weights[3:])
