"""The words a file's name says, in any order and spelling."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import zip_longest
from typing import NamedTuple

from . import vocabulary

# Letters in one case, a capital before small ones, or digits: where names are cut.
_ATOM = re.compile(r"([A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_A-Za-z]+)([^\w.]|_|$)?")
_SUFFIX = re.compile(r"\.(safetensors|sft|ckpt|pth?|bin|gguf|json)$", re.IGNORECASE)
# Numbers of steps above it are a training's.
MOST_STEPS = 50
# A name may be as long as its sender likes.
_LONGEST = 512
_EVERYDAY, _PLAIN, _OTHER = "everyday", "plain", "other"


class Atom(NamedTuple):
    """A piece of a name, and whether a separator or the name's end follows it."""

    text: str
    ended: bool


class Said(NamedTuple):
    """What a name says: words of the vocabulary, base models, steps, and what is in no list.

    `own` are the words that nothing is known of, `versions` the numbers beside them.
    """

    words: frozenset[str] = frozenset()
    bases: frozenset[str] = frozenset()
    steps: frozenset[int] = frozenset()
    own: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()

    @property
    def families(self) -> frozenset[str]:
        return self.words & vocabulary.FAMILIES.keys()

    @property
    def marks(self) -> frozenset[str]:
        """What sets files of a family apart; a word for a base model can be such a mark."""
        return self.words & (vocabulary.MARKS.keys() | vocabulary.BASES_OF.keys())

    @property
    def other(self) -> bool:
        """Whether it says that it is something else than an accelerator."""
        return _OTHER in self.words

    @property
    def derived(self) -> frozenset[str]:
        return self.words & vocabulary.DERIVED.keys()


def stem_of(name: str) -> str:
    """The file's own name, without folders and suffix."""
    return _SUFFIX.sub("", re.split(r"[/\\]", name)[-1])


def folders_of(name: str) -> list[str]:
    """The names of its folders, the nearest first."""
    return [part for part in re.split(r"[/\\]", name)[-2::-1] if part]


def squeezed(text: str) -> str:
    """Letters and digits alone, in lower case."""
    return re.sub(r"[\W_]+", "", text).lower()


@cache
def word_said(word: str) -> Said:
    """What one word of the vocabulary says, or "4step". Raises ValueError for another one."""
    said = said_by(word)
    if said.own or said.versions or not (said.words or said.steps):
        raise ValueError(f"the word {word!r} is not in recipes/names/vocabulary.py")
    return said


def said_by(text: str) -> Said:
    """What a name without folders and suffix says."""
    atoms = list(_atoms(text[:_LONGEST]))
    steps, rest = _steps(atoms)
    found: set[str] = set()
    own: list[str] = []
    versions: list[str] = []
    for run in rest:
        for spelled, meant in _spelled(run):
            found.update(meant)
            if not meant:
                (versions if spelled.isdecimal() else own).append(spelled)
    if _EVERYDAY in found:
        own.append(_EVERYDAY)
    few = frozenset(number for number in steps if number <= MOST_STEPS)
    own += [f"{number}steps" for number in steps if number > MOST_STEPS]
    said = frozenset(found - {_EVERYDAY, _PLAIN} - vocabulary.WEAK.keys())
    return Said(said, _bases(found), few, tuple(own), tuple(versions))


def _bases(found: set[str]) -> frozenset[str]:
    bases = {
        base for word in found & vocabulary.BASES_OF.keys() for base in vocabulary.BASES_OF[word][0]
    } | {vocabulary.DERIVED[word][0] for word in found & vocabulary.DERIVED.keys()}
    weak = {vocabulary.WEAK[word][0] for word in found & vocabulary.WEAK.keys()}
    return frozenset(bases or weak)


def _atoms(text: str) -> Iterator[Atom]:
    found = [Atom(match[1].lower(), match[2] is not None) for match in _ATOM.finditer(text)]
    for atom, after in zip_longest(found, found[1:]):
        if atom.text.isdecimal() or atom.text in _spellings():
            yield atom
        else:
            *glued, last = _glued(atom.text, bool(after) and after.text.isdecimal())
            yield from (Atom(one, False) for one in glued)
            yield Atom(last, atom.ended)


def _glued(atom: str, numbered: bool) -> list[str]:
    """The words that are written together in it, or the atom where it is not made of them alone.

    The v of a version may end it.
    """
    glue, longest = _glue()
    ends: dict[int, list[str]] = {0: []}
    for begin in range(len(atom)):
        if begin not in ends:
            continue
        for end in range(begin + 2, min(len(atom), begin + longest) + 1):
            if atom[begin:end] in glue:
                ends.setdefault(end, [*ends[begin], atom[begin:end]])
    if numbered and atom.endswith("v") and len(atom) - 1 in ends and len(atom) > 1:
        return [*ends[len(atom) - 1], "v"]
    return ends.get(len(atom), [atom])


def _steps(atoms: list[Atom]) -> tuple[list[int], list[list[Atom]]]:
    """The numbers of steps, and what is between them."""
    steps: list[int] = []
    taken: set[int] = set()
    for n, atom in enumerate(atoms):
        # ACE-Step is a name.
        named = n and atoms[n - 1].text + atom.text in _spellings()
        if atom.text not in vocabulary.STEP or named:
            continue
        for near in (n - 1, n + 1):
            if not 0 <= near < len(atoms) or near in taken:
                continue
            number = _number(atoms[near].text)
            if number is not None:
                steps.append(number)
                taken |= {n, near}
                break
    runs: list[list[Atom]] = [[]]
    for n, atom in enumerate(atoms):
        if n in taken:
            runs.append([])
        else:
            runs[-1].append(atom)
    return steps, runs


def _number(atom: str) -> int | None:
    if atom in vocabulary.NUMBERS:
        return vocabulary.NUMBERS[atom]
    return int(atom) if atom.isdecimal() and len(atom) < 7 and int(atom) else None


def _spelled(atoms: list[Atom]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Spellings from left to right, with what they mean: nothing where unknown.

    The longest one before a separator, or the longest one: LoRA_SDv15 is no "loras".
    """
    known, longest = _spellings(), _longest()
    begin = 0
    while begin < len(atoms):
        spelled, fitting = "", []
        for end in range(begin, len(atoms)):
            spelled += atoms[end].text
            if len(spelled) > longest:
                break
            if spelled in known:
                fitting.append((atoms[end].ended, end + 1, spelled))
        _, begin, spelled = max(fitting, default=(True, begin + 1, atoms[begin].text))
        yield spelled, known.get(spelled, ())


@cache
def _longest() -> int:
    return max(map(len, _spellings()))


@cache
def _spellings() -> Mapping[str, tuple[str, ...]]:
    known: dict[str, tuple[str, ...]] = {}
    for word, spelled in _all_words():
        for one in spelled.split():
            known[one] = tuple(dict.fromkeys((*known.get(one, ()), word)))
    return known


def _all_words() -> Iterator[tuple[str, str]]:
    yield _PLAIN, vocabulary.PLAIN
    yield _EVERYDAY, vocabulary.EVERYDAY
    yield _OTHER, vocabulary.OTHERS
    yield from ((word, spelled) for word, (_, spelled) in vocabulary.FAMILIES.items())
    for group in (vocabulary.BASES_OF, vocabulary.DERIVED, vocabulary.WEAK):
        yield from ((word, spelled) for word, (_, spelled) in group.items())
    for marks in (vocabulary.MARKS, vocabulary.KINDS):
        yield from marks.items()


@cache
def _glue() -> tuple[frozenset[str], int]:
    """What people write without a separator: families, base models, kinds and steps."""
    said = [spelled for _, spelled in vocabulary.FAMILIES.values()]
    said += [spelled for _, spelled in vocabulary.BASES_OF.values()]
    said += [*vocabulary.KINDS.values(), *vocabulary.STEP, vocabulary.MARKS["unet"]]
    glue = frozenset(_letters(" ".join(said).split()))
    return glue | {"comfy"}, max(map(len, glue))


def _letters(spelled: Iterable[str]) -> Iterator[str]:
    yield from (one for one in spelled if one.isalpha() and one not in ("lcmlike", "sd"))
