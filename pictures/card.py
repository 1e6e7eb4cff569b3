"""The card of an accelerator: its name, its base model, and its steps on the curve of noise.

It stands in the template browser for what a model of that family would draw.
"""

from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw

from .axes import Axes, time_of
from .look import (
    INK,
    LARGE,
    MARGIN,
    QUIET,
    SIDE,
    SMALL,
    canvas,
    chip,
    colour_of,
    lines_of,
    numeral,
    write,
)
from .plot import Hop
from .text import Font, font_of, widest

_TOP, _BOTTOM = 214, 446
_FINER = 3
_GAP, _DOT = 3, 9


class Accelerator(NamedTuple):
    """What a card says: levels of timesteps 0 up, the steps, and two hues of 0 to 1.

    `ground` is the hue behind the steps.
    """

    name: str
    kind: str
    base: str
    curve: Sequence[float]
    hops: Sequence[Hop]
    hue: float
    ground: float


def draw_card(card: Accelerator) -> Image.Image:
    """Each step is a bar as high as its noise, paler where that noise is new.

    A bar begins at the step's timestep and ends at the next one's. Whole models stand on a lighter
    ground than LoRAs.
    """
    ground = colour_of(card.ground, 0.62, 0.24 if card.kind == "LoRA" else 0.46)
    picture = canvas(ground)
    _draw_steps(picture, card, ground)
    _draw_words(picture, card)
    return picture


def _draw_words(picture: Image.Image, card: Accelerator) -> None:
    right = SIDE - MARGIN
    taken = numeral(picture, str(len(card.hops)), (right, MARGIN), "ra")
    room = right - taken - round(1.5 * MARGIN) - MARGIN
    down = (
        MARGIN + write(picture, card.name, (MARGIN, MARGIN - 4), room, _font(card.name, room)) + 8
    )
    end = chip(picture, card.base, (MARGIN, down))
    place = end + 12, down + 0.8 * SMALL
    ImageDraw.Draw(picture).text(place, card.kind, QUIET, font_of(SMALL), "lm")


def _font(name: str, room: int) -> Font:
    """The largest in which a name has room on two lines."""
    size = LARGE
    while size > SMALL:
        lines = lines_of(name, font_of(size), room)
        if len(lines) <= 2 and widest(lines, font_of(size)) <= room:
            break
        size -= 1
    return font_of(size)


def _draw_steps(picture: Image.Image, card: Accelerator, ground: str) -> None:
    large = picture.resize((SIDE * _FINER, SIDE * _FINER))
    draw = ImageDraw.Draw(large)
    levels = [hop.sigma for hop in card.hops]
    axes = Axes((MARGIN, _TOP, SIDE - MARGIN, _BOTTOM), card.curve, levels)
    kept, new = colour_of(card.hue, 0.74, 0.84), colour_of(card.hue, 0.22, 0.98)
    renewed = [_draw_bar(draw, axes, hop, low, (kept, new)) for hop, low in _bars(card.hops)]
    points = [(axes.x(time), axes.y(level)) for time, level in enumerate(card.curve)]
    draw.line([_fine(point) for point in points], INK, 4 * _FINER, joint="curve")
    for x, y in map(axes.point, levels):
        corners = [_fine((x - _DOT, y - _DOT)), _fine((x + _DOT, y + _DOT))]
        draw.ellipse(corners, INK, ground, 2 * _FINER)
    picture.paste(large.resize(picture.size, Image.Resampling.BOX))
    _draw_times(picture, axes, levels)
    if any(renewed):
        place = axes.right, axes.top + 4
        ImageDraw.Draw(picture).text(place, "new noise", new, font_of(SMALL), "ra")


def _bars(hops: Sequence[Hop]) -> list[tuple[Hop, float]]:
    """Each step and the level that the step before went down to: from there up its noise is new."""
    lows = [hops[0].sigma, *(hop.after if hop.low is None else hop.low for hop in hops)]
    return list(zip(hops, lows, strict=False))


def _draw_bar(
    draw: ImageDraw.ImageDraw, axes: Axes, hop: Hop, low: float, inks: tuple[str, str]
) -> bool:
    """Whether some of its noise is new."""
    (left, top), bottom = axes.point(hop.sigma), axes.bottom
    # Two steps may be nearer to each other than the gap.
    right = max(left, axes.point(hop.after)[0] - _GAP)
    middle = min(bottom, max(top, axes.y(low)))
    for high, deep, ink in ((middle, bottom, inks[0]), (top, middle, inks[1])):
        if deep - high > 1:
            draw.rectangle([_fine((left, high)), _fine((right, deep))], ink)
    return middle - top > 1


def _draw_times(picture: Image.Image, axes: Axes, levels: Sequence[float]) -> None:
    """The timesteps; those that have no room are left out."""
    draw, font, end = ImageDraw.Draw(picture), font_of(SMALL), 0.0
    for level in levels:
        text, left = f"{time_of(level, axes.curve):.0f}", axes.point(level)[0]
        if left >= end and left + font.getlength(text) <= axes.right + MARGIN / 2:
            draw.text((left, axes.bottom + 12), text, QUIET, font)
            end = left + font.getlength(text) + 8


def _fine(point: tuple[float, float]) -> tuple[float, float]:
    return point[0] * _FINER, point[1] * _FINER
