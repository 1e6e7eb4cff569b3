"""The table "choose your model" of docs/models.md, made from the recipes."""

from itertools import groupby
from typing import Any

from ..pack import pure
from ..paths import ROOT
from ..user_error import UserError

_PAGE = ROOT / "docs" / "models.md"
_BEGIN, _END = "<!-- recipes: made by dev.py recipes --table -->", "<!-- recipes end -->"
_HEAD = "| accelerator | recipe | steps | CFG | sampler | timesteps |\n|---|---|---|---|---|---|\n"


def write_table() -> None:
    """Puts the table between its two marks in docs/models.md."""
    text = _PAGE.read_text("utf-8")
    if _BEGIN not in text or _END not in text:
        raise UserError(f"docs/models.md has lost one of its marks {_BEGIN} and {_END}.")
    before, _, rest = text.partition(_BEGIN)
    _PAGE.write_text(f"{before}{_BEGIN}\n{table()}{_END}{rest.partition(_END)[2]}", "utf-8")


def table() -> str:
    """A section a base model, a row a recipe, and after them what cannot be run and why."""
    recipes = pure("recipes").builtin_recipes().values()
    usable = [recipe for recipe in recipes if not recipe.blocked]
    parts = [
        _section(base, list(group))
        for base, group in groupby(usable, key=lambda recipe: recipe.base)
    ]
    blocked = [
        f"- {_link(recipe)} ({recipe.base}): {recipe.blocked}\n"
        for recipe in recipes
        if recipe.blocked
    ]
    return f"{''.join(parts)}\nKnown, and not run by this pack:\n\n{''.join(blocked)}"


def _section(base: str, recipes: list[Any]) -> str:
    families = ", ".join(dict.fromkeys(recipe.family for recipe in recipes))
    rows = "".join(map(_row, recipes))
    return f"\n<details><summary><b>{base}</b>: {families}</summary>\n\n{_HEAD}{rows}\n</details>\n"


def _row(recipe: Any) -> str:
    strength = f", strength {recipe.strength:g}" if recipe.strength != 1 else ""
    doubt = " *" if recipe.unconfirmed else ""
    needs = "".join(f"; needs {need}" for need in recipe.needs)
    cells = (
        f"{_link(recipe)}{strength}{needs}{doubt}",
        f"`{recipe.id}`",
        recipe.steps,
        recipe.cfg,
        recipe.sampler_text,
        _timesteps(recipe),
    )
    return f"| {' | '.join(map(str, cells))} |\n"


def _timesteps(recipe: Any) -> str:
    if recipe.spacing != "listed":
        return recipe.spacing
    return recipe.timesteps if isinstance(recipe.timesteps, str) else "listed"


def _link(recipe: Any) -> str:
    return f"[{recipe.name}]({recipe.source})"
