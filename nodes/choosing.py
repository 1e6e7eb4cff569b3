"""What the loaders share: which recipe a file is of, and which one a person chose."""

import json
from dataclasses import fields
from pathlib import Path

from comfy_api.v0_0_2 import io

from ..recipes import Found, Header, Recipe, needs_hash, recognise
from . import files

AUTO = "auto"
_SHOWN_AGAIN = "has_intermediate_output"


def recognised(name: str, path: Path, header: Header) -> Found:
    """What the file is, by its header, and by its sha256 where that is known for its size."""
    recipes = files.catalog().recipes
    known_size = needs_hash(header.size, recipes.values())
    return recognise(name, header, recipes, files.sha256_of(path) if known_size else None)


def chosen_recipe(name: str) -> Recipe:
    """Raises ValueError where there is no such recipe."""
    recipes = files.catalog().recipes
    if name not in recipes:
        raise ValueError(f"There is no recipe {name}. Choose another one, or auto.")
    return recipes[name]


def for_page(
    name: str, setting: str, found: Found, chosen: Recipe | None, warnings: list[str]
) -> dict[str, list[str]]:
    """What a loader shows on itself after a run, as the `ui` of its result.

    Text, since hosts take an object in a `ui` for a file that was made.
    """
    report = {
        "file": name,
        "chosen": setting,
        "recipe": chosen.id if chosen else "",
        "how": found.how,
        "told": found.told(),
        "warnings": warnings,
    }
    return {"fewstep": [json.dumps(report)]}


def shown_from_cache() -> dict[str, bool]:
    """For a loader's schema: the host shows its `ui` again when it has the result in its cache.

    A page that was opened meanwhile has not seen it. ComfyUI before 0.19 does not know the field.
    """
    known = _SHOWN_AGAIN in (field.name for field in fields(io.Schema))
    return {_SHOWN_AGAIN: True} if known else {}
