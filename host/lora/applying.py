"""A LoRA on a model: merged into the weights, run live, and put to another strength later."""

import uuid
from collections.abc import Sequence
from typing import Any

from ..accelerator import Applied
from .live import add_live, free_key, replace_live
from .matching import Match


def merge(model: Any, found: Match, strength: float, at_one: float) -> Applied:
    """Adds the LoRA to the weights of `model`, a patcher, as core's loader does."""
    model.add_patches(found.patches, strength * at_one)
    return Applied(found.patches, {}, (at_one,))


def run_live(model: Any, found: Match, strength: float, at_one: Sequence[float]) -> Applied:
    """Lets `model`, a patcher, run with the LoRA; what has no live form is merged.

    The host makes room for what it is told is the model's size.
    """
    strengths = [strength * one for one in at_one]
    key = free_key(model)
    add_live(model, found.live, strengths, key)
    model.size = model.model_size() + live_bytes(model, found)
    if found.merged:
        model.add_patches(found.merged, strengths[0])
    return Applied(found.merged, found.live, tuple(at_one), key)


def live_bytes(model: Any, found: Match) -> int:
    """What the LoRA takes beside `model`, a patcher, in the type it computes with."""
    numbers = sum(part.product.numbers for parts in found.live.values() for part in parts)
    return numbers * model.model.get_dtype_inference().itemsize


def with_strength(model: Any, applied: Applied, strength: float) -> Any:
    """A clone of `model`, a patcher, with its LoRA at another strength of the loader's slider.

    What other nodes have put on the model stays, in its order.
    """
    changed = model.clone()
    strengths = [strength * one for one in applied.at_one]
    if applied.live:
        replace_live(changed, applied.live, strengths, applied.key)
    if applied.merged:
        patches = {
            name: _changed(of_weight, applied, strengths[0])
            for name, of_weight in changed.patches.items()
        }
        changed.patches = {name: of_weight for name, of_weight in patches.items() if of_weight}
        # By this the host knows that the weights are others.
        changed.patches_uuid = uuid.uuid4()
    return changed


def _changed(patches: list[tuple], applied: Applied, strength: float) -> list[tuple]:
    """The host's patches of a weight, (strength, adapter, ...), with ours at another strength."""
    ours = {id(adapter) for adapter in applied.merged.values()}
    if strength == 0:
        # So that it is the weight itself, bit for bit.
        return [patch for patch in patches if id(patch[1]) not in ours]
    return [(strength, *patch[1:]) if id(patch[1]) in ours else patch for patch in patches]
