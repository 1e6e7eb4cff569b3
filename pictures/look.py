"""The look that all pictures of the template browser share: dark, square, few and large letters.

The browser shows them half as large as they are drawn, so no letter is smaller than `SMALL`.
"""

import colorsys

from PIL import Image, ImageDraw

from .text import Font, fold, font_of, height_of

SIDE, MARGIN = 512, 24
SMALL, LARGE, _NUMERAL = 26, 46, 80
PAPER, GROUND, INK, QUIET = "#12161d", "#2b3444", "#f5f7fa", "#c0cad8"
# Drawn larger and made smaller, since Pillow's corners have no smooth edges.
_FINER = 4
_CORNER = 14

Box = tuple[int, int, int, int]


def colour_of(hue: float, vivid: float, bright: float) -> str:
    """As `#rrggbb`; all three from 0 to 1."""
    shades = colorsys.hsv_to_rgb(hue % 1, vivid, bright)
    return "#" + "".join(f"{round(255 * shade):02x}" for shade in shades)


def canvas(colour: str = GROUND) -> Image.Image:
    return Image.new("RGB", (SIDE, SIDE), colour)


def put(card: Image.Image, picture: Image.Image, box: Box, corner: int = _CORNER) -> None:
    """Fills the box with the middle of a picture, whatever its form; its corners are round."""
    left, top, right, bottom = box
    size = right - left, bottom - top
    scale = max(size[0] / picture.width, size[1] / picture.height)
    width, height = size[0] / scale, size[1] / scale
    x, y = (picture.width - width) / 2, (picture.height - height) / 2
    inside = (x, y, x + width, y + height)
    fitted = picture.convert("RGB").resize(size, Image.Resampling.BICUBIC, inside)
    card.paste(fitted, (left, top), _rounded(size, corner))


def plate(card: Image.Image, box: Box, colour: str, corner: int = _CORNER) -> None:
    """A box of one colour with round corners."""
    left, top, right, bottom = box
    card.paste(colour, box, _rounded((right - left, bottom - top), corner))


def chip(card: Image.Image, text: str, place: tuple[int, int]) -> int:
    """Text on a plate of its own, whose upper left corner is `place`; gives its right edge."""
    font = font_of(SMALL)
    width, height = round(font.getlength(text)) + SMALL, round(1.6 * SMALL)
    left, top = place
    plate(card, (left, top, left + width, top + height), PAPER, height // 2)
    middle = (left + width / 2, top + height / 2)
    ImageDraw.Draw(card).text(middle, text, INK, font, anchor="mm")
    return left + width


def write(card: Image.Image, words: str, place: tuple[int, int], width: int, font: Font) -> int:
    """Folds the words to the width and gives the height they take."""
    draw, line = ImageDraw.Draw(card), height_of(font)
    lines = lines_of(words, font, width)
    for number, text in enumerate(lines):
        draw.text((place[0], place[1] + number * line), text, INK, font)
    return len(lines) * line


def numeral(card: Image.Image, text: str, place: tuple[int, int], anchor: str) -> int:
    """The number of steps in large, and its unit below it; gives its width.

    `anchor` is "la" where `place` is the upper left corner, "ra" where it is the upper right one.
    """
    draw = ImageDraw.Draw(card)
    font, small = font_of(_NUMERAL if len(text) < 3 else LARGE), font_of(SMALL)
    left, top = place
    draw.text(
        (left, top + _NUMERAL), text, INK, font, f"{anchor[0]}s", stroke_width=2, stroke_fill=INK
    )
    under = "step" if text == "1" else "steps"
    draw.text((left, top + _NUMERAL + 12), under, INK, small, anchor)
    return round(font.getlength(text))


def lines_of(words: str, font: Font, width: int) -> list[str]:
    return fold(words.split(" "), font, width, between=" ")


def _rounded(size: tuple[int, int], corner: int) -> Image.Image:
    """A mask of this size, drawn once in large."""
    large = Image.new("L", (size[0] * _FINER, size[1] * _FINER))
    box = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(box, corner * _FINER, 255)
    return large.resize(size, Image.Resampling.BOX)
