"""What the files of a recipe are called, as data: the rules of its `words`.

They are what such a name says in any order, with commas between ways of calling it: "hyper 1step,
hyper unified". Families have to be said; a number of steps must not be another; a base model that
is written out has to be known; marks tell those that are left apart. A word after "!" must not be
said: "klein !base" leaves out what is trained from klein's base.
"""

from functools import cache
from typing import NamedTuple

from .name_words import Said, word_said


class Rule(NamedTuple):
    """One way of calling the files of a recipe."""

    families: frozenset[str]
    steps: frozenset[int]
    marks: frozenset[str]
    based: bool
    without: frozenset[str] = frozenset()


@cache
def rules_of(words: str) -> tuple[Rule, ...]:
    """Raises ValueError naming a word that is in no list."""
    return tuple(_rule(way.split()) for way in words.split(",") if way.strip())


def _rule(words: list[str]) -> Rule:
    said = [word_said(word) for word in words if not word.startswith("!")]
    without = [word_said(word[1:]).words for word in words if word.startswith("!")]
    all_of = Said(
        frozenset().union(*(one.words for one in said)),
        frozenset().union(*(one.bases for one in said)),
        frozenset().union(*(one.steps for one in said)),
    )
    if not all_of.families:
        raise ValueError(f"{' '.join(words)!r} names no family of recipes/names/vocabulary.py")
    banned = frozenset().union(*without)
    return Rule(all_of.families, all_of.steps, all_of.marks, bool(all_of.bases), banned)
