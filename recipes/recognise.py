"""Which recipe a file is of: by sha256, its own word, its name, the layout of its tensors.

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
BY_ITSELF = "its own metadata"
# What a file can say about itself: the id of a recipe, such as one of the user's own.
METADATA = "fewstep.recipe"


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
            if len(self.twins) == 1:
                return f"not recognised (built like {names}, but of another size)"
            return f"not recognised (one of {names}, which differ only in their values)"
        if self.layout.what in ("LoRA", "UNet", "checkpoint"):
            return f"not recognised (a {self.layout.what}{base}, no known accelerator)"
        return f"not recognised ({self.layout.what})"


class _Known(NamedTuple):
    recipe: Recipe
    file: KnownFile


def needs_hash(size: int, recipes: Iterable[Recipe]) -> bool:
    """Whether a published file of this size has a known sha256, so that hashing can tell."""
    return any(
        size and file.bytes == size and file.sha256 for recipe in recipes for file in recipe.files
    )


def recognise(
    name: str,
    header: Header,
    recipes: Mapping[str, Recipe],
    sha256: str | None = None,
    layout: Layout | None = None,
) -> Found:
    """The recipe of a file called `name` (its path under the models folder) with this header.

    A sha256 that is given decides: for the file it belongs to, and against every other file.
    `layout` is the header's, where it is known already.
    """
    layout = layout or layout_of(header)
    known = [_Known(recipe, file) for recipe in recipes.values() for file in recipe.files]
    if sha256:
        for recipe, file in known:
            if file.sha256 == sha256:
                return Found(recipe, BY_HASH, (), layout)
    stated = recipes.get(header.metadata.get(METADATA, ""))
    if stated and stated.kind == layout.what:
        return Found(stated, BY_ITSELF, (), layout)
    fitting = [one for one in known if _fits(one, layout)]
    refuted = [one for one in fitting if sha256 and one.file.sha256 and _sized(one, header)]
    fitting = [one for one in fitting if one not in refuted]
    sure = _recipes(_of_this_size(fitting, header, layout))
    pool = sure or _recipes(_of_this_layout(fitting, layout))
    named = _recipes(one for one in fitting if _named(one, name))
    notes = _notes(_recipes(one for one in refuted if _named(one, name)), named, pool)
    if by_name := _both(named, pool) or ([] if pool else named):
        if len(by_name) == 1:
            return Found(by_name[0], BY_NAME, (), layout, notes)
        return Found(None, UNKNOWN, tuple(by_name), layout, notes)
    if len(sure) == 1:
        return Found(sure[0], BY_LAYOUT, (), layout, notes)
    return Found(None, UNKNOWN, tuple(pool), layout, notes)


def recognise_name(name: str, recipes: Mapping[str, Recipe], kinds: tuple[str, ...]) -> Found:
    """What a file called `name` would be, by its name alone; `kinds` are those it can be of."""
    known = [
        _Known(recipe, file)
        for recipe in recipes.values()
        if recipe.kind in kinds
        for file in recipe.files
    ]
    named = _recipes(one for one in known if _named(one, name))
    if len(named) == 1:
        return Found(named[0], BY_NAME, (), Layout(named[0].kind))
    return Found(None, UNKNOWN, tuple(named), Layout(kinds[0]))


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


def _of_this_size(fitting: list[_Known], header: Header, layout: Layout) -> list[_Known]:
    """Those whose published file has this size, and with them what has no known size."""
    return [
        one
        for one in fitting
        if _sized(one, header)
        or (not one.file.bytes and _alike(one, layout) and one.file.dtype in ("", layout.dtype))
    ]


def _of_this_layout(fitting: list[_Known], layout: Layout) -> list[_Known]:
    """Those that could be this file saved anew, and all models of the base: nothing is certain."""
    if layout.what != "LoRA":
        return [one for one in fitting if layout.base]
    return [one for one in fitting if _alike(one, layout)]


def _alike(one: _Known, layout: Layout) -> bool:
    """Whether the file is known to have this layout: keys, number of layers and rank."""
    file = one.file
    same = (file.keys, file.modules, file.rank) == (layout.keys, layout.modules, layout.rank)
    return bool(file.modules and file.rank) and same


def _recipes(known: Iterable[_Known]) -> list[Recipe]:
    return list({one.recipe.id: one.recipe for one in known}.values())


def _both(first: list[Recipe], second: list[Recipe]) -> list[Recipe]:
    ids = {recipe.id for recipe in second}
    return [recipe for recipe in first if recipe.id in ids]


def _notes(refuted: list[Recipe], named: list[Recipe], pool: list[Recipe]) -> tuple[str, ...]:
    notes = [
        f"It is named like {recipe.id}, but its content is another (sha256)." for recipe in refuted
    ]
    if named and pool and not _both(named, pool):
        notes.append(
            f"It is named like {named[0].id}, but its size and keys are those of another file."
        )
    return tuple(notes)
