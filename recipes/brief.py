"""A recipe as the browser needs it: what a badge and a plot show, and how its file is named."""

from collections.abc import Iterable
from typing import Any

from .recipe import Recipe

_PLAIN = ("id", "name", "family", "base", "kind", "sampler", "spacing", "steps", "cfg")
_IF_SET = ("gamma", "strength", "timesteps", "shift", "needs", "blocked")


def briefs(recipes: Iterable[Recipe]) -> list[dict[str, Any]]:
    """The recipes as JSON, without what is empty; `match` holds regular expressions for names."""
    return [_brief(recipe) for recipe in recipes]


def _brief(recipe: Recipe) -> dict[str, Any]:
    entry = {name: getattr(recipe, name) for name in _PLAIN}
    entry |= {name: value for name in _IF_SET if (value := getattr(recipe, name)) or value == 0}
    if recipe.prediction == "flow":
        entry["prediction"] = "flow"
    patterns = dict.fromkeys(file.match for file in recipe.files if file.match)
    return entry | ({"match": list(patterns)} if patterns else {})
