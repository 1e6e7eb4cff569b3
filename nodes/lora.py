"""LoRA files and the layers of a model: reading, matching, refusing."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import comfy.lora
import comfy.lora_convert
import comfy.utils
import comfy.weight_adapter
import torch

from ..recipes import Header, Tensor, modules_of, read_header
from .lora_product import Product

_DTYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}
# Names of the host's classes, and what people call these models.
_BASES = {
    "SD15": "SD 1.5",
    "SD20": "SD 2.1",
    "SD21UnclipL": "SD 2.1",
    "SD21UnclipH": "SD 2.1",
    "SDXL": "SDXL",
    "SSD1B": "SSD-1B",
    "Segmind_Vega": "Segmind Vega",
    "SD_XS": "SDXS",
    "SD09_XS": "SDXS",
    "Flux": "FLUX.1",
    "FluxSchnell": "FLUX.1",
    "FluxInpaint": "FLUX.1",
    "QwenImage": "Qwen-Image",
    "ZImage": "Z-Image",
}
_SD3_OF_DEPTH = {24: "SD3", 38: "SD3.5 large"}


class LoraFile:
    """A LoRA's tensors by name, and the products made of them for any model."""

    def __init__(self, tensors: Mapping[str, torch.Tensor]):
        self.tensors = tensors
        self._products: dict[tuple[int, float], Product] = {}

    def product(self, adapter: Any) -> Product:
        up, down, alpha = adapter.weights[:3]
        scale = 1.0 if alpha is None else float(alpha) / down.shape[0]
        return self._products.setdefault((id(up), scale), Product(up, down, scale))


def read_lora(path: Path) -> tuple[LoraFile, Header]:
    """A LoRA file and its header. Raises ValueError saying what is wrong with the file.

    Files that are no safetensors are read as data alone; what runs code to be read is refused.
    """
    status = path.stat()
    safe = path.suffix.lower() in (".safetensors", ".sft")
    # Before the tensors: it finds what would keep the host busy or end it.
    header = read_header(path) if safe else None
    file = _cached(path, status.st_size, status.st_mtime_ns)
    return file, header or header_of(file.tensors, status.st_size)


def header_of(tensors: Mapping[str, torch.Tensor], size: int) -> Header:
    """What a safetensors file with these tensors would have as its header."""
    described = {
        name: Tensor(_DTYPES.get(tensor.dtype, str(tensor.dtype)), tuple(tensor.shape))
        for name, tensor in tensors.items()
    }
    return Header(described, {}, size)


@lru_cache(maxsize=1)
def _cached(path: Path, _size: int, _changed: int) -> LoraFile:
    """The last file read stays, as in core's loader: a strength is changed more often."""
    try:
        tensors = comfy.utils.load_torch_file(str(path), safe_load=True)
    except Exception as error:
        raise ValueError(
            f"{path.name} cannot be read as data alone. Files that run code when they are read are "
            "refused: get it as .safetensors."
        ) from error
    whole = isinstance(tensors, Mapping) and all(
        isinstance(tensor, torch.Tensor) for tensor in tensors.values()
    )
    if not whole:
        raise ValueError(f"{path.name} is no LoRA: it holds other things than tensors.")
    return LoraFile(comfy.lora_convert.convert_lora(dict(tensors)))


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


def base_of(model: Any) -> str:
    """What people call the model's base, or "" for one that is not known."""
    kind = type(model.model.model_config).__name__
    config = model.model.model_config.unet_config
    if kind == "SD3":
        double = config.get("x_block_self_attn_layers")
        return "SD3.5 medium" if double else _SD3_OF_DEPTH.get(config.get("depth"), "")
    return _BASES.get(kind, "")
