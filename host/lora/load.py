"""From the name of a LoRA's file to a model that has it, and all there is to say about it."""

from typing import Any, NamedTuple

from ...recipes import Found, Recipe
from ...schedulers import parse_strengths
from .. import folders
from ..accelerator import Accelerator, check_single, set_accelerator
from ..base_model import base_of, base_warnings
from ..recognition import chosen_recipe, chosen_text, recognised
from ..sampling.sound import with_shifts
from . import checks
from .applying import Applied, live_bytes, merge, run_live
from .matching import Match, match
from .of_recipe import alpha_of, half_warnings
from .reading import read_lora

MERGE, LIVE, BY_WEIGHTS = APPLY = ("merge", "live", "auto")
REFUSE, ALLOW = SECOND = ("refuse", "allow")
_LOADER = "Load acceleration LoRA"


class LoadedLora(NamedTuple):
    """The model with the LoRA, its recipe or None, and what was found, in words for people."""

    model: Any
    recipe: Recipe | None
    found: Found
    warnings: list[str]
    report: str


def load_lora(
    model: Any,
    name: str,
    strength: float,
    recipe: str,
    apply: str,
    each: list[float],
    second: str = REFUSE,
) -> LoadedLora:
    """`model`, a patcher, with the LoRA file `name`; `each` are strengths by step, for live.

    Without `each` those of the recipe count. `second` says what is done on a model that has an
    accelerator. Raises ValueError saying what is wrong with the file, or why it does not go with
    this model.
    """
    _check_each(each, apply)
    path = folders.lora_path(name)
    file = read_lora(path)
    found = recognised(name, path, file.header, file.layout)
    chosen = chosen_recipe(recipe, found, name)
    checks.check_kind(found, name)
    beside = check_single(model, name, found, chosen, allowed=second == ALLOW)
    by_recipe = not each and chosen is not None and bool(chosen.step_strengths)
    if by_recipe:
        each = parse_strengths(chosen.step_strengths)
        _check_each(each, apply, by_recipe)
    alpha = 0.0 if file.has_alpha else alpha_of(chosen, name)
    if alpha:
        file = file.with_alpha(alpha)
    optional = [one.optional for one in chosen.files if one.optional] if chosen else []
    whole = match(model, file)
    fit = whole.excusing(optional)
    checks.check_match(model, found, fit, name)
    way = _way(apply, fit, each)
    if way == LIVE:
        checks.check_live(fit, each, name)

    own = chosen.strength if chosen else 1.0
    at_one = [own * share for share in each or [1.0]]
    other_base = base_warnings(model, chosen) if chosen else []
    patched = with_shifts(model.clone(), chosen)
    applied = _apply(patched, fit, strength, at_one, way)
    on = any(strength * one for one in at_one)
    set_accelerator(patched, Accelerator(name, _LOADER, found.told(), chosen, applied, on))
    warnings = checks.warnings(found, chosen, fit, way == MERGE)
    warnings += [] if found.layout.base else other_base
    warnings += [*beside, *half_warnings(model, chosen, name)]
    lines = [
        f"{name}: {found.told()}",
        *chosen_text(recipe),
        _layers_text(model, found, fit, way == MERGE),
        *_why_text(model, apply, way, fit, each, by_recipe),
        *([f"alpha {alpha:g}, as the recipe says: the file holds none"] if alpha else []),
        *_left_out_text(whole, fit),
        _strength_text(strength, own, each),
        *warnings,
        *([chosen.summary()] if chosen else []),
    ]
    return LoadedLora(patched, chosen, found, warnings, "\n".join(lines))


def _check_each(each: list[float], apply: str, by_recipe: bool = False) -> None:
    if each and apply == MERGE:
        whose, way_out = "step_strengths needs", ", or empty the list"
        if by_recipe:
            whose, way_out = "The recipe has strengths by step, which need", ""
        raise ValueError(
            f"{whose} apply = live: merged weights are the same at every step. Set apply to live "
            f"or auto{way_out}."
        )


def _way(apply: str, fit: Match, each: list[float]) -> str:
    """merge or live; auto is live where merging would round the weights again, or cannot be."""
    if apply != BY_WEIGHTS:
        return apply
    return LIVE if fit.quantised or each else MERGE


def _apply(
    patched: Any, fit: Match, strength: float, at_one: list[float], way: str
) -> Applied | None:
    """Puts the LoRA on a model and says how it is on it; nothing is merged at strength 0."""
    if way == LIVE:
        return run_live(patched, fit, strength, at_one)
    return merge(patched, fit, strength, at_one[0]) if strength * at_one[0] else None


def _layers_text(model: Any, found: Found, fit: Match, merged: bool) -> str:
    base = base_of(model) or type(model.model.model_config).__name__
    how = "merged into the weights" if merged else "live"
    if not merged and fit.merged:
        how = f"live; {len(fit.merged)} of them have no live form and are merged"
    rank = f", rank {found.layout.rank}" if found.layout.rank else ""
    return f"{fit.matched} of {fit.total} layers of {base}{rank}, {how}"


def _why_text(
    model: Any, apply: str, way: str, fit: Match, each: list[float], by_recipe: bool
) -> list[str]:
    """Why auto did what it did, where that is not plain, and what live keeps in memory."""
    lines = []
    if apply == BY_WEIGHTS and way == LIVE:
        asks = "the recipe's strengths by step ask" if by_recipe else "step_strengths asks"
        why = "the model's weights are quantised" if fit.quantised else f"{asks} for it"
        lines.append(f"auto is live here, because {why}")
    if way == LIVE:
        size = live_bytes(model, fit) / 2**20
        lines.append(f"live keeps {size:.0f} MB of the LoRA beside the model, counted as its own")
    return lines


def _left_out_text(whole: Match, fit: Match) -> list[str]:
    lines = []
    if excused := whole.total - fit.total:
        lines.append(f"{excused} layers of the file are for another model of its family: left out")
    if fit.text_encoder:
        lines.append(
            f"{fit.text_encoder} layers for the text encoder are left out: accelerators need none; "
            "Load LoRA loads them"
        )
    return lines


def _strength_text(strength: float, own: float, each: list[float]) -> str:
    text = f"strength {strength:g}"
    if own != 1:
        text += f", which is {strength * own:g} of the file's full weight"
    if each:
        text += "; in each step times " + ", ".join(f"{share:g}" for share in each)
    return text
