"""The recipes that come with the pack: one JSON file a family, in `families/`."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from .bases import BASES
from .recipe import Recipe


@cache
def builtin_recipes() -> dict[str, Recipe]:
    """Recipes by id, grouped by base model and in the order of families there."""
    found = [
        Recipe.from_json(entry)
        for path in sorted((Path(__file__).parent / "families").glob("*.json"))
        for entry in entries(json.loads(path.read_text(encoding="utf-8")))
    ]
    # The sort keeps the order of families within a base.
    found.sort(key=lambda recipe: BASES.index(recipe.base))
    return {recipe.id: recipe for recipe in found}


def entries(content: Any) -> Iterator[Mapping[str, Any]]:
    """The recipes of a file: one, a list, or `recipes` that have the fields of `shared`."""
    if isinstance(content, Mapping) and isinstance(content.get("recipes"), list):
        shared = content.get("shared", {})
        for entry in content["recipes"]:
            whole = isinstance(shared, Mapping) and isinstance(entry, Mapping)
            yield {**shared, **entry} if whole else entry
    elif isinstance(content, list):
        yield from content
    else:
        yield content
