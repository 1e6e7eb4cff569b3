"""LoRA files: read once, refused where they are none or cannot be used."""

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import comfy.lora_convert
import torch

from ...recipes import Header, down_of, layout_of, read_header
from ..weight_files import header_of, is_safetensors, read_data
from .product import Product
from .soundness import check_sound

# Where diffusers and PEFT write what a LoRA was made with.
_ADAPTER = "lora_adapter_metadata"
_ALPHA_KEYS = ("lora_alpha", "alpha")


class LoraFile:
    """A LoRA's tensors by name, its header, and the products made of them for any model."""

    def __init__(self, tensors: Mapping[str, torch.Tensor], header: Header):
        self.tensors = tensors
        self.header, self.layout = header, layout_of(header)
        self._products: dict[tuple[int, float], Product] = {}
        self._with_alpha: dict[float, LoraFile] = {}

    def with_alpha(self, alpha: float) -> "LoraFile":
        """The file with this alpha on all of its layers, for one that holds none."""
        if alpha not in self._with_alpha:
            alphas = {
                f"{module}.alpha": torch.tensor(float(alpha))
                for name in self.tensors
                if (module := down_of(name))
            }
            self._with_alpha[alpha] = LoraFile({**self.tensors, **alphas}, self.header)
        return self._with_alpha[alpha]

    @property
    def has_alpha(self) -> bool:
        return any(name.endswith(".alpha") for name in self.tensors)

    def product(self, adapter: Any) -> Product:
        up, down, alpha = adapter.weights[:3]
        scale = 1.0 if alpha is None else float(alpha) / down.shape[0]
        known = self._products.get((id(up), scale))
        return known or self._products.setdefault((id(up), scale), Product(up, down, scale))


def read_lora(path: Path) -> LoraFile:
    """A LoRA file. Raises ValueError saying what is wrong with it.

    Files that are no safetensors are read as data alone; what runs code to be read is refused.
    """
    status = path.stat()
    return _cached(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=1)
def _cached(path: Path, size: int, _changed: int) -> LoraFile:
    """The last file read stays, as in core's loader: a strength is changed more often."""
    # Before the tensors: it finds what would keep the host busy or end it.
    header = read_header(path) if is_safetensors(path) else None
    tensors = read_data(path, path.name)
    whole = isinstance(tensors, Mapping) and all(
        isinstance(tensor, torch.Tensor) for tensor in tensors.values()
    )
    if not whole:
        raise ValueError(f"{path.name} is not a LoRA: it holds things other than tensors.")
    check_sound(tensors, path.name)
    header = header or header_of(tensors, size)
    tensors = comfy.lora_convert.convert_lora(dict(tensors))
    return LoraFile(tensors | _alphas(tensors, header), header)


def _alphas(tensors: Mapping[str, torch.Tensor], header: Header) -> dict[str, torch.Tensor]:
    """The alphas that stand in the metadata alone, as tensors under the names the host reads."""
    modules = [module for name in tensors if (module := down_of(name))]
    made = {}
    for module in modules:
        name = f"{module}.alpha"
        alpha = None if name in tensors else _alpha_in(header.metadata, module)
        if alpha is not None:
            made[name] = torch.tensor(float(alpha))
    return made


def _alpha_in(metadata: Mapping[str, str], module: str) -> float | None:
    """The alpha of a module: its entry of "alpha_pattern", or "lora_alpha", of its own part."""
    settings = _settings(metadata.get(_ADAPTER, ""))
    part, _, inside = module.partition(".")
    patterns = settings.get(f"{part}.alpha_pattern")
    for name, alpha in patterns.items() if isinstance(patterns, dict) else ():
        if inside == name or inside.endswith(f".{name}"):
            return _number(alpha)
    alpha = _number(settings.get(f"{part}.lora_alpha"))
    return _plain_alpha(metadata) if alpha is None else alpha


def _plain_alpha(metadata: Mapping[str, str]) -> float | None:
    """An alpha for all layers, as others write it beside the adapter's settings."""
    for key in _ALPHA_KEYS:
        try:
            alpha = float(metadata.get(key, ""))
        except ValueError:
            continue
        if 0 < alpha < math.inf:
            return alpha
    return None


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


@lru_cache(maxsize=1)
def _settings(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        # Free text that is no JSON says nothing about alphas.
        return {}
    return content if isinstance(content, dict) else {}
