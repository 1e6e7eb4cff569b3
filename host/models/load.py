"""From the name of a model's file to a model that starts and steps right, and what to say of it."""

from pathlib import Path
from typing import Any, NamedTuple

from ...recipes import Found, Header, Recipe, layout_of
from .. import folders
from ..accelerator import Accelerator, set_accelerator
from ..base_model import base_warnings
from ..recognition import chosen_recipe, chosen_text, recognised
from ..sampling.sound import with_shifts
from ..weight_files import read_header_of
from . import checks
from .guidance import set_guidance
from .missing_output import MissingOutput
from .one_step import prepare
from .parts import load_companions, load_parts
from .reading import read_guidance

NO_BASE = "none"
_LOADER = "Load one-step model"


class LoadedModel(NamedTuple):
    """Model, CLIP and VAE, the recipe or None, and what was found, in words for people."""

    model: Any
    clip: Any
    vae: Any
    recipe: Recipe | None
    found: Found
    warnings: list[str]
    report: str


def load_model(
    name: str, recipe: str, base_checkpoint: str, weight_dtype: str, guidance: float
) -> LoadedModel:
    """The model file `name`, as its recipe has it; CLIP and VAE are its own or the base's.

    Raises ValueError saying what is wrong with a file, or why the two do not go together.
    """
    path = folders.model_path(name)
    header = read_header_of(path, name)
    found = recognised(name, path, header)
    checks.check_model(found.layout, header, name)
    chosen = chosen_recipe(recipe, found, name)
    # Before the model: a wrong base should not cost the minute that loading takes.
    base = _checked_base(found, name, base_checkpoint)

    embeddings = folders.embedding_folders()
    model, clip, vae = load_parts(path, name, header, weight_dtype, embeddings)
    told, other_base = [], []
    if chosen:
        other_base = base_warnings(model, chosen)
        model, told = prepare(with_shifts(model, chosen), chosen, name)
    set_accelerator(model, Accelerator(name, _LOADER, found.told(), chosen, on=chosen is not None))
    model, embedded = _with_guidance(model, path, name, header, guidance)
    if base:
        _, clip, vae = load_companions(*base, embeddings)
    warnings = checks.warnings(found, chosen) + ([] if found.layout.base else other_base)
    lines = [
        f"{name}: {found.told()}",
        *chosen_text(recipe),
        *told,
        *embedded,
        *_companion_lines(clip, vae, name, base_checkpoint),
        *warnings,
        *([chosen.summary(loaded=True)] if chosen else []),
    ]
    return LoadedModel(
        model,
        clip or MissingOutput(checks.NO_CLIP.format(file=name)),
        vae or MissingOutput(checks.NO_VAE.format(file=name)),
        chosen,
        found,
        warnings,
        "\n".join(lines),
    )


def _checked_base(found: Found, name: str, base: str) -> tuple[Path, str, Header] | None:
    """Path, name and header of the base checkpoint, if one is chosen and fits."""
    if base == NO_BASE:
        return None
    path = folders.checkpoint_path(base)
    header = read_header_of(path, base)
    checks.check_companion(found.layout, layout_of(header), name, base)
    return path, base, header


def _with_guidance(
    model: Any, path: Path, name: str, header: Header, guidance: float
) -> tuple[Any, list[str]]:
    """The model told the guidance, if it is an LCM that can be, and what was set, in words."""
    weights = read_guidance(path, name, header)
    if weights is None:
        return model, []
    patched = set_guidance(model, weights.cond_proj, weights.linear, guidance)
    return patched, [f"The model draws with guidance {guidance:g}, at CFG 1."]


def _companion_lines(clip: Any, vae: Any, name: str, base: str) -> list[str]:
    given = [part for part, one in (("CLIP", clip), ("VAE", vae)) if one]
    absent = [part for part, one in (("CLIP", clip), ("VAE", vae)) if not one]
    lines = [f"{' and '.join(given)} from {name if base == NO_BASE else base}"] if given else []
    return lines + ([f"no {' and no '.join(absent)}"] if absent else [])
