"""What an example makes, beside what it is made from: thumbnails of the template browser."""

from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw

from .look import (
    INK,
    LARGE,
    MARGIN,
    PAPER,
    QUIET,
    SIDE,
    SMALL,
    canvas,
    chip,
    lines_of,
    plate,
    put,
    write,
)
from .text import font_of, height_of

_GIVEN, _MADE, _BORDER = 200, 316, 6
_GAP = 6


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


def draw_sheets(sheets: Sequence[Image.Image]) -> Image.Image:
    """Whole pictures of any form, one below the other, on white paper."""
    card = canvas("#ffffff")
    room = SIDE // len(sheets)
    for number, sheet in enumerate(sheets):
        scale = min(SIDE / sheet.width, room / sheet.height)
        size = round(scale * sheet.width), round(scale * sheet.height)
        left, top = (SIDE - size[0]) // 2, number * room + (room - size[1]) // 2
        card.paste(sheet.convert("RGB").resize(size, Image.Resampling.LANCZOS), (left, top))
    return card


def _draw_both(result: Result) -> Image.Image:
    card = canvas()
    near, far, edge = MARGIN, MARGIN + _GIVEN, SIDE - MARGIN
    begin = edge - _MADE
    put(card, result.given, (near, near, far, far))
    border = begin - _BORDER
    plate(card, (border, border, edge, edge), PAPER)
    put(card, result.made[0], (begin, begin, edge, edge))
    write(card, result.words, (far + 18, near - 4), edge - far - 18, font_of(SMALL))
    draw, small = ImageDraw.Draw(card), font_of(SMALL)
    draw.text((near, far + 12), result.label, QUIET, small)
    if result.steps:
        draw.text((near, edge), _steps(result.steps), QUIET, small, "ls")
        up = edge - height_of(small)
        draw.text(
            (near, up),
            result.steps,
            INK,
            font_of(2 * LARGE if len(result.steps) == 1 else LARGE),
            "ls",
        )
    return card


def _draw_all(result: Result) -> Image.Image:
    card = canvas()
    across = 1
    while across**2 < len(result.made):
        across += 1
    side = (SIDE - (across - 1) * _GAP) // across
    for number, picture in enumerate(result.made):
        left, top = (place * (side + _GAP) for place in (number % across, number // across))
        put(card, picture, (left, top, left + side, top + side), corner=0)
        if number < len(result.labels):
            chip(card, result.labels[number], (left + 10, top + 10))
    if result.steps and not result.labels:
        chip(card, f"{result.steps} {_steps(result.steps)}", (MARGIN, MARGIN))
    _draw_caption(card, result.words)
    return card


def _draw_caption(card: Image.Image, words: str) -> None:
    if words:
        font, room = font_of(SMALL), SIDE - 2 * MARGIN
        high = len(lines_of(words, font, room)) * height_of(font)
        top = SIDE - high - MARGIN
        plate(card, (0, top - 12, SIDE, SIDE), PAPER, 0)
        write(card, words, (MARGIN, top - 2), room, font)


def _steps(steps: str) -> str:
    return "step" if steps == "1" else "steps"
