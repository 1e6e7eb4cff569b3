"""What an example makes, beside what it is made from: thumbnails of the template browser."""

from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw

from .look import (
    GROUND,
    MARGIN,
    QUIET,
    SIDE,
    SMALL,
    canvas,
    chip,
    lines_of,
    numeral,
    plate,
    put,
    write,
)
from .text import font_of, height_of

_GIVEN, _MADE, _BORDER = 184, 300, 6
_GAP, _NUMERAL = 8, 118


class Result(NamedTuple):
    """Square pictures that were `made`, with the prompt in words.

    `steps` as in "4" or "2 + 2", or "". `given` is what they are made from or compared with, and
    `label` what that is in one or two words; without it each picture made can have a label.
    """

    made: Sequence[Image.Image]
    words: str
    steps: str
    given: Image.Image | None = None
    label: str = ""
    labels: Sequence[str] = ()


def draw_result(result: Result) -> Image.Image:
    """The first picture beside the one given, or all of them in a square."""
    return _draw_both(result) if result.given else _draw_all(result)


def draw_sheet(sheet: Image.Image) -> Image.Image:
    """A whole sheet or plot of any form, on white paper."""
    card = canvas("#ffffff")
    scale = SIDE / max(sheet.size)
    width, height = round(scale * sheet.width), round(scale * sheet.height)
    fitted = sheet.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    card.paste(fitted, ((SIDE - width) // 2, (SIDE - height) // 2))
    return card


def _draw_both(result: Result) -> Image.Image:
    card = canvas()
    near, far, edge = MARGIN, MARGIN + _GIVEN, SIDE - MARGIN
    begin = edge - _MADE
    put(card, result.given, (near, near, far, far))
    border = begin - _BORDER
    plate(card, (border, border, edge, edge), GROUND)
    put(card, result.made[0], (begin, begin, edge, edge))
    write(card, result.words, (far + 18, near - 4), edge - far - 18, font_of(SMALL))
    ImageDraw.Draw(card).text((near, far + 12), result.label, QUIET, font_of(SMALL))
    if result.steps:
        numeral(card, result.steps, (near, edge - _NUMERAL), "la")
    return card


def _draw_all(result: Result) -> Image.Image:
    card, font, room = canvas(), font_of(SMALL), SIDE - 2 * MARGIN
    words = SIDE - MARGIN - height_of(font) * len(lines_of(result.words, font, room))
    write(card, result.words, (MARGIN, words), room, font)
    across = 1
    while across**2 < len(result.made):
        across += 1
    high = words - 10 - MARGIN
    for number, picture in enumerate(result.made):
        (left, right), (top, bottom) = (
            (
                MARGIN + place * (size + _GAP) // across,
                MARGIN + (place + 1) * (size + _GAP) // across - _GAP,
            )
            for place, size in ((number % across, room), (number // across, high))
        )
        put(card, picture, (left, top, right, bottom))
        if number < len(result.labels):
            chip(card, result.labels[number], (left + 8, top + 8))
    if result.steps and not result.labels:
        unit = "step" if result.steps == "1" else "steps"
        chip(card, f"{result.steps} {unit}", (MARGIN + 8, MARGIN + 8))
    return card
