"""Which weight of a network its file does not have: the host only writes that to its log."""

from collections.abc import Iterable
from typing import Any

import comfy.utils

from ...recipes import Header

_INSIDE = "model.diffusion_model."


def first_missing_weight(model: Any, header: Header) -> str:
    """The first weight of `model`, a patcher, that is not in its file, by its name there.

    Empty where all are there, and for networks other than UNets, SD3's and FLUX.
    """
    have = {key.removeprefix(_INSIDE) for key in header.tensors}
    # What else a layer keeps tells how it is stored.
    weights = [
        name
        for name in model.model.diffusion_model.state_dict()
        if name.endswith((".weight", ".bias"))
    ]
    config = model.model.model_config
    if table := _table_of_diffusers(have, config.unet_config):
        return _first_without_a_name(weights, have, table)
    if _is_known(have, config.unet_config):
        named = set(config.process_unet_state_dict(dict.fromkeys(have)))
        return next((name for name in weights if name not in named), "")
    return ""


def _table_of_diffusers(have: set[str], config: dict) -> dict[str, Any]:
    """The host's table of names in diffusers' layout; empty where the file is not in it."""
    if any(name.startswith("down_blocks.") for name in have):
        return comfy.utils.unet_to_diffusers(config)
    if not any(name.startswith("transformer_blocks.") for name in have):
        return {}
    if config.get("image_model") == "flux":
        return comfy.utils.flux_to_diffusers(config)
    return comfy.utils.mmdit_to_diffusers(config) if "pos_embed.proj.weight" in have else {}


def _is_known(have: set[str], config: dict) -> bool:
    """Whether the file names its weights as the host's own network does."""
    blocks = ("joint_blocks.", "double_blocks.")
    return "model_channels" in config or any(name.startswith(blocks) for name in have)


def _first_without_a_name(weights: Iterable[str], have: set[str], table: dict[str, Any]) -> str:
    """A weight may be kept in pieces, as q, k and v, or as one, and each may have two names."""
    names: dict[str, dict[Any, list[str]]] = {}
    for outside, target in table.items():
        inside, piece = (target, None) if isinstance(target, str) else target[:2]
        names.setdefault(inside, {}).setdefault(piece, []).append(outside)
    for inside in weights:
        pieces = names.get(inside, {})
        for piece in pieces:
            if any(_lies_in(other, piece) for other in pieces if other != piece):
                continue
            around = [name for other in pieces if _lies_in(piece, other) for name in pieces[other]]
            if not have.intersection(around):
                return pieces[piece][0]
    return ""


def _lies_in(piece: Any, other: Any) -> bool:
    """Whether `other` holds all of `piece`: each a (dimension, start, length), or None for all."""
    if piece is None or other is None:
        return other is None
    return other[1] <= piece[1] and piece[1] + piece[2] <= other[1] + other[2]
