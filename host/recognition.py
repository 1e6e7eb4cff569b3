"""Which recipe a file is of, and which one a person chose."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ..recipes import Found, Header, Layout, Recipe, builtin_recipes, needs_hash, recognise
from . import folders

AUTO = "auto"
LORAS = ("LoRA",)
WHOLE_MODELS = ("UNet", "checkpoint")
# A recipe in a file's own metadata, as JSON: what Save acceleration LoRA writes.
SETTINGS = "fewstep.settings"


def recognised(name: str, path: Path, header: Header, layout: Layout | None = None) -> Found:
    """What the file is, by its header, and by its sha256 where that is known for its size."""
    recipes = known_recipes(header)
    known_size = needs_hash(header.size, recipes.values())
    sha256 = folders.sha256_of(path) if known_size else None
    return recognise(name, header, recipes, sha256, layout)


def known_recipes(header: Header) -> Mapping[str, Recipe]:
    """The pack's recipes and the user's own, and the one that the file itself brings along."""
    recipes = folders.catalog().recipes
    try:
        own = Recipe.from_json(json.loads(header.metadata[SETTINGS]))
    except (KeyError, ValueError, RecursionError):
        # Without it, or with one that is none, the file is recognised as any other.
        return recipes
    return {own.id: own, **recipes}


def recipe_choices(kinds: tuple[str, ...]) -> list[str]:
    """What a loader of files of these kinds offers: auto, and the recipes that can be sampled."""
    recipes = folders.catalog().recipes.values()
    return [AUTO, *(one.id for one in recipes if one.kind in kinds and not one.blocked)]


def chosen_recipe(name: str, found: Found, file: str) -> Recipe | None:
    """The recipe found, or the one a person chose in place of it.

    Raises ValueError where there is no such recipe, and for one that is known and cannot be run.
    """
    recipes = folders.catalog().recipes
    if name != AUTO and name not in recipes:
        raise ValueError(f"There is no recipe {name}. Choose another one, or auto.")
    recipe = found.recipe if name == AUTO else recipes[name]
    if recipe and recipe.blocked:
        raise ValueError(f"{file} is {recipe.name}. {recipe.blocked}")
    return recipe


def chosen_text(name: str) -> list[str]:
    """The line of a report that says a recipe was chosen by hand, if it was."""
    return [] if name == AUTO else [f"recipe {name}, chosen by hand"]


def fingerprint(recipe: str, paths: Callable[[], Iterable[Path]]) -> str:
    """What a loader's result hangs on besides its inputs: its files, and the recipe's content."""
    try:
        marks = [(status.st_size, status.st_mtime_ns) for status in map(Path.stat, paths())]
    except (OSError, ValueError) as error:
        return str(error)
    known = folders.catalog().recipes
    # With auto any of the user's own can be the one that is recognised.
    mine = [one for one in known.values() if one.id not in builtin_recipes()]
    used = mine if recipe == AUTO else [known[recipe]] if recipe in known else []
    return f"{marks} {[one.to_json() for one in used]}"
