"""How near a file's layout is to what is known of a recipe's files. Never a proof: a LoRA's rank,
keys and layers are those of many others."""

from collections.abc import Iterable
from enum import IntEnum

from ..bases import network_of
from ..files.known_file import KnownFile
from ..files.layout import Layout
from ..recipe import Recipe


class Likeness(IntEnum):
    """`OTHER`: not this recipe's, and that of another one. `REWRITTEN`: its layers, saved at
    another rank or with other keys."""

    OTHER = 0
    UNLIKE = 1
    UNKNOWN = 2
    REWRITTEN = 3
    ALIKE = 4


def fits(recipe: Recipe, layout: Layout) -> bool:
    """Whether kind and base are those of the file, as far as its layers tell."""
    base = network_of(layout.base)
    return recipe.kind == layout.what and base in ("", network_of(recipe.base))


def alike(recipe: Recipe, layout: Layout) -> bool:
    near = (_of_file(one, layout) for one in recipe.files)
    return fits(recipe, layout) and Likeness.ALIKE in near


def likeness(recipe: Recipe, layout: Layout | None, recipes: Iterable[Recipe]) -> Likeness:
    """Of a LoRA that `fits`; without a layout nothing is known."""
    if layout is None:
        return Likeness.UNKNOWN
    best = max((_of_file(one, layout) for one in recipe.files), default=Likeness.UNKNOWN)
    if best in (Likeness.UNLIKE, Likeness.REWRITTEN) and any(alike(one, layout) for one in recipes):
        return Likeness.OTHER
    return best


def _of_file(file: KnownFile, layout: Layout) -> Likeness:
    known = [
        (mine, its)
        for mine, its in (
            (file.keys, layout.keys),
            (file.modules, layout.modules),
            (file.rank, layout.rank),
        )
        if mine
    ]
    same = all(mine == its for mine, its in known)
    if same:
        return Likeness.ALIKE if len(known) == 3 else Likeness.UNKNOWN
    layers = bool(file.modules) and file.modules == layout.modules
    return Likeness.REWRITTEN if layers else Likeness.UNLIKE
