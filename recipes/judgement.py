"""How near the pictures of a comparison are to one of them, and the cheapest that is near enough.

The limits are from the demo model (docs/measured.md): each of them marks the picture it is for in
about 9 of 10, and good ones in at most 1 of 10.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from .combinations import Cell

# Share of the pixels that are saturated and at the end of their range.
_BURNT_PIXELS = 0.05
# Strength of the latent over that of the reference: a decoder that bounds its colours shows none
# of what too much CFG does to them.
_BURNT_LATENT = 1.1
# Steepness of the edges over that of the reference.
_BLURRED = 0.78
# What Chinese and Japanese keyboards give counts as much as a comma.
_BETWEEN = re.compile("[,;\uff0c\u3001\uff1b]")
_DOUBT = "The reference itself looks burnt. Name another picture in reference."


class Measures(NamedTuple):
    """What is measured of one picture: its structural similarity to the reference (-1 to 1), the
    share of its pixels that are clipped and saturated, and over those of the reference the root
    mean square of its latent and the Laplacian at its edges."""

    similarity: float
    clipped: float
    latent: float
    sharpness: float

    @property
    def faults(self) -> list[str]:
        burnt = self.clipped > _BURNT_PIXELS or self.latent > _BURNT_LATENT
        return ["burnt"] * burnt + ["blurred"] * (self.sharpness < _BLURRED)


class Mark(NamedTuple):
    """The words below a picture, and whether it is the one that is framed."""

    words: list[str]
    framed: bool = False


class Judgement(NamedTuple):
    """The mark of each picture, and words for the title and the output."""

    marks: list[Mark]
    title: list[str]
    text: str


def unjudged(cells: Sequence[Cell]) -> Judgement:
    """Where nothing was asked for."""
    text = "Turn on similarity to see how near each picture is to a reference."
    return Judgement([Mark([]) for _ in cells], [], text)


def reference_of(cells: Sequence[Cell], words: str) -> int:
    """Which cell has the most steps, of those whose words include all of `words`.

    `words` are as on the sheet, such as `8 steps, CFG 1`; none of them are in every cell. Of cells
    with as many steps it is the first one at its recipe's own CFG, if there is one. Raises
    ValueError where no cell has the words.
    """
    asked = {_plain(word) for word in _BETWEEN.split(words) if word.strip()}
    fitting = [n for n, cell in enumerate(cells) if asked <= set(map(_plain, cell.words))]
    if not fitting:
        raise ValueError(
            f'No picture of this comparison is "{words.strip()}". Write in reference what stands '
            f'below a picture, such as "{", ".join(cells[-1].words)}", or leave it empty for the '
            "one with the most steps."
        )
    return max(fitting, key=lambda n: (cells[n].steps, cells[n].has_own_cfg))


def judge(
    cells: Sequence[Cell], measured: Sequence[Measures], reference: int, tolerance: float
) -> Judgement:
    """The cheapest cell whose similarity lacks no more than `tolerance` and that has no fault."""
    near = [
        n
        for n, found in enumerate(measured)
        if found.similarity >= 1 - tolerance and not found.faults
    ]
    cheapest = min(near, key=lambda n: (cells[n].calls, -measured[n].similarity), default=None)
    marks = [
        Mark(
            ["reference" if n == reference else f"SSIM {found.similarity:.2f}", *found.faults],
            n == cheapest,
        )
        for n, found in enumerate(measured)
    ]
    lines = [
        f"{cell.name}: {_calls(cell)}, {', '.join(mark.words)}"
        for cell, mark in zip(cells, marks, strict=True)
    ]
    verdict = _verdict(cells, cheapest, reference, tolerance)
    doubt = [_DOUBT] if measured[reference].faults else []
    return Judgement(marks, [verdict], "\n".join([f"{verdict}.", *doubt, "", *lines]))


def _verdict(cells: Sequence[Cell], cheapest: int | None, reference: int, tolerance: float) -> str:
    against = f"within {tolerance:g} of {cells[reference].name}"
    if cheapest is None:
        return f"No picture without a fault is {against}"
    if cheapest == reference:
        return f"Nothing cheaper is {against}"
    return f"Cheapest {against}: {cells[cheapest].name} ({_calls(cells[cheapest])})"


def _calls(cell: Cell) -> str:
    return f"{cell.calls} model call{'s' if cell.calls != 1 else ''}"


def _plain(word: str) -> str:
    return " ".join(word.lower().split())
