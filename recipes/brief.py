"""Recipes, and what a file was recognised as, as the browser needs them."""

from collections.abc import Iterable
from typing import Any

from .recipe import Recipe
from .recognise import Found

_PLAIN = ("id", "name", "family", "base", "kind", "sampler", "spacing", "steps", "cfg")
_IF_SET = (
    *("gamma", "strength", "timesteps", "u", "sigmas", "shift"),
    *("graph_needs", "loader_needs", "blocked", "half", "stacks"),
)


def briefs(recipes: Iterable[Recipe]) -> list[dict[str, Any]]:
    """The recipes as JSON, without what is empty."""
    return [_brief(recipe) for recipe in recipes]


def _brief(recipe: Recipe) -> dict[str, Any]:
    entry = {name: getattr(recipe, name) for name in _PLAIN}
    entry |= {name: getattr(recipe, name) for name in _IF_SET if _is_set(getattr(recipe, name))}
    if recipe.prediction == "flow":
        entry["prediction"] = "flow"
    return entry


def _is_set(value: Any) -> bool:
    return bool(value) or (value == 0 and value is not False)


def found_facts(found: Found) -> dict[str, Any]:
    """What a file was recognised as, as JSON: `what` and `base` say what it is in any case."""
    merge = {"merge": found.merge} if found.merge else {}
    return {
        "recipe": found.recipe.id if found.recipe else "",
        "how": found.how,
        "twins": [twin.id for twin in found.twins],
        "what": found.layout.what,
        "base": found.layout.base,
        "notes": list(found.notes),
        **merge,
    }
