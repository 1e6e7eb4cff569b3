"""What the loaders share: which recipe a file is of, and which one a person chose."""

import json
from pathlib import Path

from ..recipes import Found, Header, Recipe, needs_hash, recognise
from . import files

AUTO = "auto"


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
