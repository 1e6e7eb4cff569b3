"""What a student begins with: an acceleration LoRA that is there, or matrices without effect."""

from typing import Any, NamedTuple

import comfy.utils
import torch

from ...recipes import Found, Recipe
from .. import folders
from ..lora import checks
from ..lora.matching import Match, is_product, match, targets_of
from ..lora.product import Part, has_live_form
from ..lora.reading import LoraFile, read_lora
from ..lora.soundness import check_sound
from ..recognition import recognised
from ..weight_files import header_of
from .adapters import Matrices, fresh
from .blocks import layers_of
from .choices import NONE


class Start(NamedTuple):
    """Where the student's LoRA comes from: `name` in words, its recipe where that is known.

    `told` is for the report: what of the file is left out.
    """

    name: str
    matrices: dict[str, Matrices]
    recipe: Recipe | None
    told: list[str]


def start_of(
    model: Any, name: str, connected: dict[str, torch.Tensor] | None, rank: int, seed: int
) -> Start:
    """The LoRA that is connected, or the file `name`, or else a new one of this rank.

    Raises ValueError for one that is for another model or of a form that cannot be trained.
    """
    if connected is not None:
        tensors = {key: value.detach().cpu() for key, value in connected.items()}
        file = LoraFile(tensors, header_of(tensors, 0))
        called = getattr(connected, "name", "") or "the connected LoRA"
        check_sound(tensors, called)
        found = Found(getattr(connected, "recipe", None), "", (), file.layout)
        return _begun(model, called, file, found)
    if name != NONE:
        path = folders.lora_path(name)
        file = read_lora(path)
        found = recognised(name, path, file.header, file.layout)
        checks.check_kind(found, name)
        return _begun(model, name, file, found)
    generator = torch.Generator().manual_seed(seed)
    layers = layers_of(model.model)
    if not layers:
        raise ValueError(
            "No blocks are known in this model that a LoRA could be trained on. Use a model of "
            "another family."
        )
    matrices = {one: fresh(layer, rank, generator) for one, layer in layers.items()}
    return Start("", matrices, None, [])


def _begun(model: Any, name: str, file: LoraFile, found: Found) -> Start:
    fit: Match = match(model, file)
    checks.check_match(model, found, fit, name)
    turned = dict(filter(None, (_turned(model, file, *patch) for patch in fit.merged.items())))
    if left := len(fit.merged) - len(turned) + len(fit.misfits):
        raise ValueError(
            f"{name} changes {left} layers in a form that cannot be "
            "trained on (DoRA, LoHa, LoKr, or single weights). Start from a plain LoRA, or from "
            "none."
        )
    matrices = {
        layer: _joined(parts, model.model.get_submodule(layer)) for layer, parts in fit.live.items()
    }
    matrices |= turned
    told = []
    if fit.text_encoder:
        told.append(
            f"{fit.text_encoder} layers of {name} for the text encoder are left out: accelerators "
            "need none."
        )
    return Start(name, matrices, found.recipe, told)


def _turned(model: Any, file: LoraFile, target: Any, adapter: Any) -> tuple[str, Matrices] | None:
    """A layer whose outputs diffusers has in another order, as the last norm of FLUX and SD3.

    None for other forms of change. The host gives a function that moves rows of the change, and
    these are rows of the second matrix.
    """
    if isinstance(target, str) or len(target) != 3 or target[1] or not is_product(adapter):
        return None
    name, _, moved = target
    layer = name.removesuffix(".weight")
    if not has_live_form(model.model.get_submodule(layer)):
        return None
    product = file.product(adapter)
    up = moved(product.up.float() * product.scale)
    return layer, Matrices(product.down.flatten(1).float(), up)


def _joined(parts: list[Part], layer: torch.nn.Module) -> Matrices:
    """One pair of all parts of a layer: q, k and v may have come apart."""
    outputs = getattr(layer, "out_channels", None) or layer.out_features
    down = torch.cat([part.product.down.flatten(1).float() for part in parts])
    up = torch.zeros(outputs, len(down))
    first = 0
    for product, start in parts:
        rows, columns = slice(start, start + product.outputs), slice(first, first + product.rank)
        up[rows, columns] = product.up.float() * product.scale
        first += product.rank
    return Matrices(down, up)


def kohya_names(network: Any) -> dict[str, str]:
    """Layers' names in kohya's files: diffusers' words for UNets, the model's own for others."""
    names = {}
    for module, target in targets_of(network).items():
        if isinstance(target, str) and module.startswith("lora_unet_"):
            names.setdefault(target.removesuffix(".weight"), module)
    config = network.model_config.unet_config
    for module, inside in comfy.utils.unet_to_diffusers(config).items():
        if module.endswith(".weight"):
            flat = module.removesuffix(".weight").replace(".", "_")
            layer = f"diffusion_model.{inside}".removesuffix(".weight")
            if layer in names:
                names[layer] = f"lora_unet_{flat}"
    return names
