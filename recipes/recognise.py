"""Which recipe a file is of: by sha256, its own word, its name, its folders' names.

Its size says only that a hash is worth reading, and its layout only which others it could be: files
that differ in nothing but their values are twins, which are named and never guessed between.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .bases import ONLY_ACCELERATED
from .files.header import Header
from .files.known_file import KnownFile
from .files.layout import Layout, layout_of
from .names.by_name import BY_NAME, WHOLE, Named, lora_named, narrowed, whole_named
from .names.globs import matches
from .names.likeness import alike, fits
from .recipe import Recipe

BY_HASH, UNKNOWN = "sha256", "unknown"
BY_ITSELF = "its own metadata"
# What a file can say about itself: the id of a recipe, such as one of the user's own.
METADATA = "fewstep.recipe"


class Found(NamedTuple):
    """What a file is: its recipe, or None with the `twins` it could be; `how` it was told.

    `notes` are sentences for people. `merge` names the family that a merge has in its name; its
    recipes, among `twins`, are then only near to what it needs.
    """

    recipe: Recipe | None
    how: str
    twins: tuple[Recipe, ...]
    layout: Layout
    notes: tuple[str, ...] = ()
    merge: str = ""

    def told(self) -> str:
        """The result as a sentence."""
        names = ", ".join(recipe.id for recipe in self.twins)
        if self.recipe:
            return f"{self.recipe.name} ({self.recipe.id}), recognised by {self.how}"
        if self.merge:
            near = f"; near it: {names}" if names else ""
            return (
                f"not recognised (a merge with {self.merge}, by its name: its author's page has "
                f"the settings{near})"
            )
        if self.twins and self.how == BY_NAME:
            return f"not recognised (by its name it could be {names})"
        if len(self.twins) == 1:
            return f"not recognised (it may be {names}: its layers alone do not tell)"
        if self.twins:
            return f"not recognised (it may be one of {names}, which differ only in their values)"
        if self.layout.what in ("LoRA", *WHOLE):
            base = f" for {self.layout.base}" if self.layout.base else ""
            return f"not recognised (a {self.layout.what}{base}, no known accelerator)"
        return f"not recognised ({self.layout.what})"


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

    A sha256 that is given decides for the file it belongs to; against others of its size it counts
    where the name says nothing. `layout` is the header's, where it is known already.
    """
    layout = layout or layout_of(header)
    known = list(recipes.values())
    if sha256 and (published := _of_hash(sha256, known)):
        return Found(published, BY_HASH, (), layout)
    stated = recipes.get(header.metadata.get(METADATA, ""))
    if stated and stated.kind == layout.what:
        return Found(stated, BY_ITSELF, (), layout)
    if layout.what not in ("LoRA", *WHOLE):
        return Found(None, UNKNOWN, (), layout)
    refuted = [one for one in known if sha256 and _is_refuted(one, header, layout)]
    named = _named(name, known, layout)
    if named.recipe:
        notes = _other_bytes(named.recipe, header, refuted)
        return Found(named.recipe, named.how, (), layout, notes)
    notes = _contradicted(named)
    if named.merge:
        return Found(None, UNKNOWN, named.open, layout, notes, named.merge)
    rest = [one for one in known if one not in refuted]
    pool = _built_alike(rest, header, layout, sha256)
    if named.open and not any(one in pool for one in named.open):
        return Found(None, BY_NAME, named.open, layout, notes)
    return Found(None, UNKNOWN, tuple(narrowed(name, pool, layout.base)), layout, notes)


def recognise_name(name: str, recipes: Mapping[str, Recipe], kinds: tuple[str, ...]) -> Found:
    """What a file called `name` would be, by its name alone; `kinds` are those it can be of."""
    known = [one for one in recipes.values() if one.kind in kinds]
    # A merge is told by the LoRAs there are, too.
    named = _by_globs(name, known) or _by_words(name, list(recipes.values()), kinds, None)
    if named.recipe:
        return Found(named.recipe, named.how, (), Layout(named.recipe.kind))
    how = BY_NAME if named.open and not named.merge else UNKNOWN
    return Found(None, how, named.open, Layout(kinds[0]), (), named.merge)


def _named(name: str, recipes: Sequence[Recipe], layout: Layout) -> Named:
    fitting = [one for one in recipes if fits(one, layout)]
    return _by_globs(name, fitting) or _by_words(name, recipes, (layout.what,), layout)


def _by_globs(name: str, recipes: Sequence[Recipe]) -> Named | None:
    """What people wrote for their own recipes comes before the words of the pack's."""
    mine = [
        one
        for one in recipes
        if any(file.match and matches(file.match, name) for file in one.files)
    ]
    if not mine:
        return None
    return Named(mine[0], BY_NAME) if len(mine) == 1 else Named(open=tuple(mine))


def _by_words(
    name: str, recipes: Sequence[Recipe], kinds: Sequence[str], layout: Layout | None
) -> Named:
    if "LoRA" in kinds:
        return lora_named(name, recipes, layout)
    return whole_named(name, recipes, kinds, layout.base if layout else "")


def _of_hash(sha256: str, recipes: Sequence[Recipe]) -> Recipe | None:
    return next(
        (one for one in recipes if any(_has_hash(file, sha256) for file in one.files)), None
    )


def _has_hash(file: KnownFile, sha256: str) -> bool:
    """Of some files the first digits of the hash are known."""
    return bool(file.sha256) and sha256.startswith(file.sha256)


def _is_refuted(recipe: Recipe, header: Header, layout: Layout) -> bool:
    """Whether a file of it, of this very size, has another hash, and no other can be meant."""
    sized = [file for file in recipe.files if file.bytes == header.size]
    return fits(recipe, layout) and bool(sized) and all(file.sha256 for file in sized)


def _built_alike(
    recipes: Sequence[Recipe], header: Header, layout: Layout, sha256: str | None
) -> list[Recipe]:
    """Those it could be by its layers; those of its size where their hashes are yet to be read."""
    if layout.what != "LoRA":
        accelerated = layout.base in ONLY_ACCELERATED
        return [one for one in recipes if accelerated and fits(one, layout)]
    pool = [one for one in recipes if alike(one, layout)]
    sized = [(one, file) for one in pool for file in one.files if file.bytes == header.size]
    if sized and not sha256 and all(file.sha256 for _, file in sized):
        return list({one.id: one for one, _ in sized}.values())
    return pool


def _other_bytes(recipe: Recipe, header: Header, refuted: Sequence[Recipe]) -> tuple[str, ...]:
    """That it is no plain copy of the published file, which its name and layers do not deny."""
    if recipe in refuted:
        return (f"It is named like {recipe.id}, but its content is another (sha256).",)
    sizes = {file.bytes for file in recipe.files}
    if not sizes or 0 in sizes or header.size in sizes:
        return ()
    return ("It was saved anew: named and built like the published file, but of other bytes.",)


def _contradicted(named: Named) -> tuple[str, ...]:
    """What its name says and its layers deny."""
    if not named.other:
        return ()
    return (f"It is named like {named.other.id}, but its rank and keys are those of another file.",)
