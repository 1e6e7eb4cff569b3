"""From the name of a LoRA's file to a model that has it, and all there is to say about it."""

from typing import Any, NamedTuple

from ...recipes import Found, Recipe
from .. import folders
from ..accelerator import Accelerator, check_single, set_accelerator
from ..base_model import base_of, base_warnings
from ..recognition import chosen_recipe, chosen_text, recognised
from . import checks
from .applying import Applied, merge, run_live
from .matching import Match, match
from .reading import LoraFile, read_lora

MERGE, LIVE = APPLY = ("merge", "live")
_LOADER = "Load acceleration LoRA"


class LoadedLora(NamedTuple):
    """The model with the LoRA, its recipe or None, and what was found, in words for people."""

    model: Any
    recipe: Recipe | None
    found: Found
    warnings: list[str]
    report: str


def load_lora(
    model: Any, name: str, strength: float, recipe: str, apply: str, each: list[float]
) -> LoadedLora:
    """`model`, a patcher, with the LoRA file `name`; `each` are strengths by step, for live.

    Raises ValueError saying what is wrong with the file, or why it does not go with this model.
    """
    _check_each(each, apply)
    path = folders.lora_path(name)
    file, header = read_lora(path)
    found = recognised(name, path, header)
    chosen = chosen_recipe(recipe, found, name)
    checks.check_kind(found, name)
    check_single(model, name, found, chosen)
    fit = match(model, file)
    checks.check_match(model, found, fit, name)

    own = chosen.strength if chosen else 1.0
    at_one = [own * share for share in each or [1.0]]
    other_base = base_warnings(model, chosen) if chosen else []
    patched = model.clone()
    applied = _apply(patched, file, fit, strength, at_one, apply)
    on = strength * max(at_one) > 0
    set_accelerator(patched, Accelerator(name, _LOADER, found.told(), chosen, applied, on))
    warnings = checks.warnings(found, chosen, fit) + ([] if found.layout.base else other_base)
    lines = [
        f"{name}: {found.told()}",
        *chosen_text(recipe),
        _layers_text(model, found, fit, apply, applied),
        _strength_text(strength, own, each),
        *warnings,
        *([chosen.summary()] if chosen else []),
    ]
    return LoadedLora(patched, chosen, found, warnings, "\n".join(lines))


def _check_each(each: list[float], apply: str) -> None:
    if each and apply != LIVE:
        raise ValueError(
            "step_strengths needs apply = live: merged weights are the same at every step. "
            "Set apply to live, or empty the list."
        )


def _apply(
    patched: Any, file: LoraFile, fit: Match, strength: float, at_one: list[float], apply: str
) -> Applied | None:
    """Puts the LoRA on a model and says how it is on it; nothing is merged at strength 0."""
    if apply == LIVE:
        return run_live(patched, file, fit, strength, at_one)
    return merge(patched, fit, strength, at_one[0]) if strength * at_one[0] else None


def _layers_text(model: Any, found: Found, fit: Match, apply: str, applied: Applied | None) -> str:
    base = base_of(model) or type(model.model.model_config).__name__
    if apply == MERGE:
        how = "merged into the weights"
    elif applied and applied.merged:
        how = f"live; {len(applied.merged)} of them have no live form and are merged"
    else:
        how = "live"
    rank = f", rank {found.layout.rank}" if found.layout.rank else ""
    return f"{fit.matched} of {fit.total} layers of {base}{rank}, {how}"


def _strength_text(strength: float, own: float, each: list[float]) -> str:
    text = f"strength {strength:g}"
    if own != 1:
        text += f", which is {strength * own:g} of the file's full weight"
    if each:
        text += "; in each step times " + ", ".join(f"{share:g}" for share in each)
    return text
