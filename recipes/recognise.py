"""Which recipe a file belongs to: by sha256, then by name, then by the layout of its tensors.

Files that differ in nothing but their values are twins: they are named, never guessed between.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .bases import network_of
from .header import Header
from .known_file import KnownFile
from .layout import Layout, layout_of
from .recipe import Recipe

BY_HASH, BY_NAME, BY_LAYOUT, UNKNOWN = "sha256", "file name", "size and keys", "unknown"


class Found(NamedTuple):
    """What a file is: its recipe, or None with the `twins` it could be; `how` it was told.

    `notes` are sentences for people.
    """

    recipe: Recipe | None
    how: str
    twins: tuple[Recipe, ...]
    layout: Layout
    notes: tuple[str, ...] = ()

    def told(self) -> str:
        """The result as a sentence."""
        base = f" for {self.layout.base}" if self.layout.base else ""
        if self.recipe:
            return f"{self.recipe.name} ({self.recipe.id}), recognised by {self.how}"
        if self.twins:
            names = ", ".join(recipe.id for recipe in self.twins)
            return f"one of these, which only their values tell apart: {names}"
        if self.layout.what in ("LoRA", "UNet", "checkpoint"):
            return f"unknown: a {self.layout.what}{base} of no known accelerator"
        return f"unknown: {self.layout.what}"


class _Known(NamedTuple):
    recipe: Recipe
    file: KnownFile


def needs_hash(size: int, recipes: Iterable[Recipe]) -> bool:
    """Whether a published file of this size has a known sha256, so that hashing can tell."""
    return any(
        size and file.bytes == size and file.sha256 for recipe in recipes for file in recipe.files
    )


def recognise(
    name: str, header: Header, recipes: Mapping[str, Recipe], sha256: str | None = None
) -> Found:
    """The recipe of a file called `name` (its path under the models folder) with this header.

    A sha256 that is given decides: for the file it belongs to, and against every other file.
    """
    layout = layout_of(header)
    known = [_Known(recipe, file) for recipe in recipes.values() for file in recipe.files]
    if sha256:
        for recipe, file in known:
            if file.sha256 == sha256:
                return Found(recipe, BY_HASH, (), layout)
    fitting = [one for one in known if _fits(one, layout)]
    refuted = [one for one in fitting if sha256 and one.file.sha256 and _sized(one, header)]
    fitting = [one for one in fitting if one not in refuted]
    pool = _pool(fitting, header, layout)
    named = _recipes(one for one in fitting if _named(one, name))
    notes = _notes(_recipes(one for one in refuted if _named(one, name)), named, pool)
    for choice, how in ((_both(named, pool), BY_NAME), (pool, BY_LAYOUT)):
        if len(choice) == 1:
            return Found(choice[0], how, (), layout, notes)
        if choice:
            return Found(None, UNKNOWN, tuple(choice), layout, notes)
    if len(named) == 1:
        return Found(named[0], BY_NAME, (), layout, notes)
    return Found(None, UNKNOWN, tuple(named), layout, notes)


def _fits(one: _Known, layout: Layout) -> bool:
    """Whether nothing that is known of the file contradicts this layout."""
    base, wanted = network_of(layout.base), network_of(one.recipe.base)
    if one.recipe.kind != layout.what or (base and base != wanted):
        return False
    return not (one.file.modules and one.file.modules != layout.modules)


def _sized(one: _Known, header: Header) -> bool:
    return one.file.bytes == header.size


def _named(one: _Known, name: str) -> bool:
    patterns = [file.match for file in one.recipe.files if file.match]
    return any(re.search(pattern, name, re.IGNORECASE) for pattern in patterns)


def _pool(fitting: list[_Known], header: Header, layout: Layout) -> list[Recipe]:
    """Recipes whose published file has this size, or else this layout."""
    if sized := [one for one in fitting if _sized(one, header)]:
        # What has an unknown size but the same layout cannot be ruled out.
        return _recipes(sized + [one for one in fitting if _alike(one, layout, open_size=True)])
    if layout.what != "LoRA":
        return _recipes(one for one in fitting if layout.base)
    return _recipes(one for one in fitting if _alike(one, layout))


def _alike(one: _Known, layout: Layout, *, open_size: bool = False) -> bool:
    """Whether the file is known to have this layout: keys, number of layers, rank, and type."""
    file = one.file
    if not (file.modules and file.rank) or (open_size and file.bytes):
        return False
    same = (file.keys, file.modules, file.rank) == (layout.keys, layout.modules, layout.rank)
    return same and file.dtype in ("", layout.dtype)


def _recipes(known: Iterable[_Known]) -> list[Recipe]:
    return list({one.recipe.id: one.recipe for one in known}.values())


def _both(first: list[Recipe], second: list[Recipe]) -> list[Recipe]:
    ids = {recipe.id for recipe in second}
    return [recipe for recipe in first if recipe.id in ids]


def _notes(refuted: list[Recipe], named: list[Recipe], pool: list[Recipe]) -> tuple[str, ...]:
    notes = [
        f"It is named like {recipe.id}, but its content is not that file's (sha256)."
        for recipe in refuted
    ]
    if named and pool and not _both(named, pool):
        notes.append(
            f"It is named like {named[0].id}, but its size and keys are those of another file."
        )
    return tuple(notes)
