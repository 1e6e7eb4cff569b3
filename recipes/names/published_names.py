"""The very names that files were published under, which no word has to explain."""

import re
from functools import lru_cache
from typing import NamedTuple

from ..recipe import Recipe
from .name_words import Said, folders_of, said_by, squeezed, stem_of

# What many files are called: their repository's name, or the folder they are kept in, says more.
UNTOLD = frozenset(
    squeezed(name)
    for name in (
        *("pytorch_lora_weights", "diffusion_pytorch_model", "pytorch_model", "adapter_model"),
        *("high_noise_model", "low_noise_model", "model"),
    )
)
_HALVES = frozenset(("highnoisemodel", "lownoisemodel"))
# What people and repositories add to a name for the way its numbers are stored.
_STORED = re.compile(
    r"(?:(?:bf|fp)16|fp(?:32|8|4)|mxfp8|nvfp4|int[48]|convrot|(?:e4m3|e5m2)(?:fn)?|scaled|"
    r"comfy(?:ui)?|gguf|i?q\d(?:[-_][k\d](?:[-_][xslm]+)?)?)$",
    re.IGNORECASE,
)
# As many of them as a name may end with.
_MOST_STORED, _LONGEST_STORED = 4, 16
# Folders of the parts of a model, which say nothing either.
_PARTS = frozenset(("unet", "transformer", "comfy", "checkpoints", "loras"))


def is_untold(name: str) -> bool:
    """Whether the file's own name says nothing, as it is that of many."""
    return squeezed(stem_of(name)) in UNTOLD


def repository_folder(name: str) -> str:
    """The nearest folder that is more than a part of a model, or ""."""
    return next((one for one in folders_of(name) if one.lower() not in _PARTS), "")


class _Asked(NamedTuple):
    """A file's own name and its folder's, as published ones are compared with them."""

    untold: bool
    own: str
    folder: str


# The same name is compared with every recipe.
@lru_cache(maxsize=8)
def _asked(name: str) -> _Asked:
    stem = stem_of(name)
    if is_untold(name):
        return _Asked(True, squeezed(stem), squeezed(repository_folder(name)))
    return _Asked(False, _plain(stem), "")


def published_as(name: str, recipe: Recipe) -> bool:
    """Whether the file's own name is one that a file of the recipe was published under; for a name
    that many have, whether its folder is called like their repository or like the recipe's id."""
    # What a person calls the files of an own recipe is only for reading.
    if not any(file.words for file in recipe.files):
        return False
    untold, own, folder = _asked(name)
    if not untold:
        return own in _names(recipe)
    halved = own not in _HALVES or own in {squeezed(stem_of(file.name)) for file in recipe.files}
    return halved and bool(folder) and folder in _folders(recipe)


def half_said(name: str) -> Said:
    """Of a name that many files have what it says: which half of a pair this is."""
    return said_by(stem_of(name)) if squeezed(stem_of(name)) in _HALVES else Said()


@lru_cache(maxsize=4096)
def _plain(stem: str) -> str:
    """A name without the way its numbers are stored."""
    for _ in range(_MOST_STORED):
        end = stem[-_LONGEST_STORED:]
        stem = (stem[: len(stem) - len(end)] + _STORED.sub("", end)).rstrip("-_. ")
    return squeezed(stem)


def _names(recipe: Recipe) -> set[str]:
    paths = [path for file in recipe.files for path in (file.name, file.path) if path]
    return {_plain(stem_of(path)) for path in paths} - UNTOLD - {""} | _repository(recipe)


def _folders(recipe: Recipe) -> set[str]:
    """Its repository, the folder in it, and the pack's own."""
    ends = ("-lora", f"-{recipe.half}") if recipe.half else ("-lora",)
    found = {squeezed(recipe.id.removesuffix(end)) for end in ("", *ends)}
    untold = [file.path for file in recipe.files if is_untold(file.path or file.name)]
    found |= {squeezed(repository_folder(path)) for path in untold}
    return found - {""} | _repository(recipe)


def _repository(recipe: Recipe) -> set[str]:
    """What its repository is called, where that names an accelerator."""
    name = recipe.source.rsplit("/", 1)[-1]
    return {squeezed(name)} if _names_family(name) else set()


@lru_cache(maxsize=1024)
def _names_family(repository: str) -> bool:
    return bool(said_by(repository).families)
