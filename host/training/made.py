"""The LoRA that a run makes: its names, its recipe, where it comes from, and a model with it."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ...recipes import Choice, Recipe
from ...samplers.levels import FlowLevels
from ..accelerator import Accelerator, set_accelerator
from ..base_model import base_of
from ..lora.applying import merge, run_live
from ..lora.matching import match
from ..lora.product import is_convolution
from ..lora.reading import LoraFile
from ..recognition import SETTINGS
from ..sampling.levels import levels_of
from ..weight_files import header_of
from .adapters import Pair

_TITLE = "Distil an acceleration LoRA"
UNIFIED = 0
_FLUX_GUIDANCE = 3.5


class MadeLora(dict):
    """LORA_MODEL, tensors by kohya's names, with what it is and how it was made."""

    def __init__(
        self, tensors: Mapping[str, Tensor], name: str, recipe: Recipe, provenance: dict[str, Any]
    ):
        super().__init__(tensors)
        self.name, self.recipe, self.provenance = name, recipe, provenance


def kohya_tensors(
    network: Any, pairs: Mapping[str, Pair], names: Mapping[str, str]
) -> dict[str, Tensor]:
    """Kohya's names and shapes in fp16; alpha is the rank, so strength 1 is what was trained."""
    tensors = {}
    for layer, pair in pairs.items():
        down, up = pair.down.detach().cpu(), pair.up.detach().cpu()
        rank = len(down)
        module = network.get_submodule(layer)
        if is_convolution(module):
            inputs = module.in_channels // module.groups
            down = down.view(rank, inputs, *module.kernel_size)
            up = up.view(len(up), rank, *[1] * len(module.kernel_size))
        tensors[f"{names[layer]}.lora_down.weight"] = down.half().contiguous()
        tensors[f"{names[layer]}.lora_up.weight"] = up.half().contiguous()
        tensors[f"{names[layer]}.alpha"] = torch.tensor(float(rank))
    return tensors


def recipe_of(model: Any, name: str, target: int, of: Recipe | None, notes: str) -> Recipe:
    """How the LoRA is sampled: as the one that it was made from, or at trailing timesteps.

    `of` is the recipe of the LoRA it began with, or one that a person connected; its licence
    carries over.
    """
    slug = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._") or "lora"
    own = {"id": f"made/{slug}", "name": name, "family": "Made here", "notes": notes, "files": ()}
    steps = Choice(4, 1, 8) if target == UNIFIED else Choice(target, target, target)
    if target == UNIFIED:
        own["name"] = f"{name}, unified"
    if of is not None:
        wide = Choice(steps.default, min(steps.low, of.steps.low), max(steps.high, of.steps.high))
        return replace(of, **own, steps=wide, blocked="", unconfirmed=(), strength=1.0)
    base = base_of(model)
    return Recipe(
        **own,
        base=base or type(model.model.model_config).__name__,
        kind="LoRA",
        sampler="ddim",
        spacing="trailing",
        steps=steps,
        cfg=Choice(1, 1, 1),
        prediction="flow" if isinstance(levels_of(model), FlowLevels) else "eps",
        guidance=_FLUX_GUIDANCE if base == "FLUX.1" else None,
    )


def with_lora(model: Any, lora: MadeLora) -> Any:
    """A clone of `model`, a patcher, that runs with the LoRA and carries its recipe."""
    tensors = dict(lora)
    file = LoraFile(tensors, header_of(tensors, 0))
    fit = match(model, file)
    patched = model.clone()
    live = fit.quantised > 0
    applied = run_live(patched, fit, 1.0, [1.0]) if live else merge(patched, fit, 1.0, 1.0)
    told = f"{lora.recipe.name} ({lora.recipe.id})"
    set_accelerator(patched, Accelerator(lora.name, _TITLE, told, lora.recipe, applied))
    return patched


def metadata(lora: Mapping[str, Tensor], recipe: Recipe, notes: str) -> dict[str, str]:
    """What the file says of itself: the recipe's id and content, and how it was made."""
    provenance = getattr(lora, "provenance", {})
    made = {f"fewstep.{key}": _text(value) for key, value in provenance.items()}
    ranks = {len(tensor) for name, tensor in lora.items() if name.endswith("lora_down.weight")}
    rank = {str(one) for one in ranks}
    return {
        **made,
        "fewstep.recipe": recipe.id,
        SETTINGS: recipe.to_json(),
        **({"fewstep.notes": notes} if notes else {}),
        **({"ss_network_dim": rank.pop()} if len(rank) == 1 else {}),
        "ss_network_module": "networks.lora",
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
