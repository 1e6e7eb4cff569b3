"""The recipes that come with the pack: one JSON file a family, in `families/`."""

import json
from functools import cache
from pathlib import Path

from .recipe import Recipe


@cache
def builtin_recipes() -> dict[str, Recipe]:
    """Recipes by id, in the order of families and of their files."""
    recipes = {}
    for path in sorted((Path(__file__).parent / "families").glob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")):
            recipe = Recipe.from_json(entry)
            recipes[recipe.id] = recipe
    return recipes
