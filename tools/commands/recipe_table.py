"""The table "choose your model" of docs/models.md, made from the recipes."""

from collections.abc import Mapping
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from ..pack import pure
from ..paths import ROOT
from ..user_error import UserError

_PAGE = ROOT / "docs" / "models.md"
_BEGIN, _END = "<!-- recipes: made by dev.py recipes --table -->", "<!-- recipes end -->"
_HEAD = (
    "| accelerator, recipe | file | folder in models | size | steps | CFG | sampler, timesteps |\n"
    "|---|---|---|---|---|---|---|\n"
)
_FOLDERS = {"LoRA": "loras", "UNet": "diffusion_models", "checkpoint": "checkpoints"}
# What half of the published files are called: kept apart by a folder of their own.
_SAME_NAMES = (
    "pytorch_lora_weights",
    "diffusion_pytorch_model",
    "high_noise_model",
    "low_noise_model",
)


def write_table() -> None:
    """Puts the table between its two marks in docs/models.md."""
    text = _PAGE.read_text("utf-8")
    if _BEGIN not in text or _END not in text:
        raise UserError(f"docs/models.md has lost one of its marks {_BEGIN} and {_END}.")
    before, _, rest = text.partition(_BEGIN)
    _PAGE.write_text(f"{before}{_BEGIN}\n{table()}{_END}{rest.partition(_END)[2]}", "utf-8")


def table() -> str:
    """A section a base model, a row a recipe, and after them what cannot be run and why."""
    pack = pure("recipes")
    # Video is what people look for.
    recipes = sorted(pack.builtin_recipes().values(), key=lambda one: one.base not in pack.VIDEO)
    usable = [recipe for recipe in recipes if not recipe.blocked]
    groups = [(base, list(group)) for base, group in groupby(usable, key=lambda one: one.base)]
    blocked = [
        f"- {_page_link(recipe)} ({recipe.base}): {recipe.blocked}\n"
        for recipe in recipes
        if recipe.blocked
    ]
    return (
        f"\n{' · '.join(f'[{base}](#{_anchor(base)})' for base, _ in groups)}\n"
        f"{''.join(_section(base, group) for base, group in groups)}"
        f"\n## Known, but not run by this pack\n\n{''.join(blocked)}"
    )


def folder_of(recipe: Any, name: str) -> str:
    """Where a file of this name belongs, under ComfyUI's models folder."""
    folder = _FOLDERS[recipe.kind]
    if not name.startswith(_SAME_NAMES):
        return folder
    return f"{folder}/{recipe.id.replace('/', '-').removesuffix('-lora')}"


def _section(base: str, recipes: list[Any]) -> str:
    return f"\n## {base}\n\n{_HEAD}{''.join(map(_row, recipes))}"


def _anchor(heading: str) -> str:
    """As GitHub makes it: lower case, dots dropped, hyphens for spaces."""
    return heading.lower().replace(".", "").replace(" ", "-")


def _row(recipe: Any) -> str:
    files, folders, sizes = _files(recipe)
    cells = (
        "<br>".join([_accelerator(recipe), f"`{recipe.id}`", *_remarks(recipe)]),
        files,
        folders,
        sizes,
        _unbroken(recipe.steps),
        _unbroken(recipe.cfg),
        f"{recipe.sampler_text}; {_schedule(recipe)}",
    )
    return f"| {' | '.join(cells)} |\n"


def _unbroken(text: object) -> str:
    return str(text).replace(" ", "&nbsp;")


def _accelerator(recipe: Any) -> str:
    strength = f", strength {recipe.strength:g}" if recipe.strength != 1 else ""
    return f"{_page_link(recipe)}{strength}"


def _remarks(recipe: Any) -> list[str]:
    needs = [f"needs {need}" for need in recipe.needs]
    limits = [recipe.licence] if "-nc" in recipe.licence or "non-com" in recipe.licence else []
    return needs + limits + [f"★ {doubt}" for doubt in recipe.unconfirmed]


def _files(recipe: Any) -> tuple[str, str, str]:
    """The cells of its files: links, folders (once where all are in one) and sizes."""
    names, folders, sizes = [], [], []
    for file in recipe.files:
        link = recipe.link_of(file)
        if not link:
            continue
        name = PurePosixPath(link).name
        names.append(f"[{name}]({quote(link, safe=':/')})")
        folders.append(f"`{folder_of(recipe, name)}`")
        sizes.append(_size(file.bytes))
    if not names:
        return f"see {_page_link(recipe, 'its page')}", f"`{_FOLDERS[recipe.kind]}`", ""
    return "<br>".join(names), "<br>".join(dict.fromkeys(folders)), "<br>".join(sizes)


def _size(size: int) -> str:
    if not size:
        return ""
    return _unbroken(f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB")


def _schedule(recipe: Any) -> str:
    if any(isinstance(lists, Mapping) for lists in (recipe.timesteps, recipe.u, recipe.sigmas)):
        return f"listed{recipe.shift_text}"
    return recipe.schedule_text.removeprefix("timesteps ")


def _page_link(recipe: Any, text: str = "") -> str:
    return f"[{text or recipe.name}]({recipe.source})"
