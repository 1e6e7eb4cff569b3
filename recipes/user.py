"""Recipes that people write themselves: JSON files in a folder of theirs, read anew each time."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from .catalog import builtin_recipes, entries
from .recipe import Recipe

_LARGEST = 1 << 20


class Catalog(NamedTuple):
    """All recipes by id, grouped by base, and a sentence for each that could not be read."""

    recipes: dict[str, Recipe]
    problems: list[str]


def all_recipes(folder: Path | None) -> Catalog:
    """The pack's recipes and, after them, those in `folder`; a broken one hides no other."""
    recipes, problems = dict(builtin_recipes()), []
    for path in sorted(folder.glob("*.json")) if folder and folder.is_dir() else []:
        try:
            found = _read(path)
        except (OSError, RecursionError, ValueError) as error:
            problems.append(f"User recipe {path.name}: {error}")
            continue
        for entry in found:
            try:
                recipe = Recipe.from_json(entry)
                _check_new(recipe, recipes)
            except ValueError as error:
                problems.append(f"User recipe {path.name}: {error}")
            else:
                recipes[recipe.id] = recipe
    return Catalog(recipes, problems)


def as_user_file(recipe: Recipe, problems: list[str]) -> str:
    """The recipe as a user's file holds it: an id of its own, and no file that is another's."""
    name = recipe.id if recipe.id.startswith("mine/") else "mine/" + recipe.id.replace("/", "-")
    mine = replace(recipe, id=name, files=())
    return mine.to_json([*recipe.summary().splitlines(), *problems])


def _read(path: Path) -> list[Mapping[str, Any]]:
    if path.stat().st_size > _LARGEST:
        raise ValueError("it is larger than 1 MB, so it is not a recipe.")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text ({error.reason}).") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: line {error.lineno}: {error.msg}.") from error
    return list(entries(content))


def _check_new(recipe: Recipe, recipes: Mapping[str, Recipe]) -> None:
    if recipe.id in recipes:
        raise ValueError(
            f"Recipe {recipe.id}: field 'id': there is a recipe with this id. "
            "Give yours another, such as mine/name."
        )
