"""A contact sheet: pictures in rows, each with what was set below it."""

from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw

from .text import Font, fold, font_of, height_of, widest

# Browsers and picture formats take little more.
LARGEST = 8192
_SMALLEST_TEXT = 13
_INK, _PAPER, _FRAME = "#1b1b1b", "#ffffff", "#0a8a3f"


class Cell(NamedTuple):
    """A picture and the parts of its label, which stay whole where the label is folded."""

    picture: Image.Image
    label: Sequence[str]
    framed: bool = False


def contact_sheet(
    cells: Sequence[Cell], columns: int, title: Sequence[str] = (), largest: int = LARGEST
) -> Image.Image:
    """The cells row by row under a title. All pictures have one size.

    They stand as they are, unless the sheet would be larger than `largest` on one side: then all
    of them are made smaller. The text grows with the pictures.
    """
    size = cells[0].picture.size
    while True:
        sheet = _drawn(cells, columns, title, size)
        over = max(sheet.size) / largest
        if over <= 1 or min(size) == 1:
            return sheet
        # The text does not shrink below what can be read, so once may not be enough.
        size = max(1, int(0.99 * size[0] / over)), max(1, int(0.99 * size[1] / over))


def _drawn(
    cells: Sequence[Cell], columns: int, title: Sequence[str], size: tuple[int, int]
) -> Image.Image:
    width, height = size
    font = font_of(max(_SMALLEST_TEXT, round(min(size) / 22)))
    gap = max(round(0.7 * font.size), width // 40)
    room = max(width, *(widest(cell.label, font) for cell in cells))
    labels = [fold(cell.label, font, room) for cell in cells]
    line = height_of(font)
    frame = gap // 3 if any(cell.framed for cell in cells) else 0
    down = height + frame + max(map(len, labels)) * line + gap
    inside = max(columns * (room + gap) - gap, widest(title, font))
    heading = fold(title, font, inside)
    head = gap + (len(heading) * line + gap if heading else 0)
    rows = -(-len(cells) // columns)
    sheet = Image.new("RGB", (inside + 2 * gap, head + rows * down), _PAPER)
    _write(sheet, heading, gap, gap, font)
    for number, (cell, label) in enumerate(zip(cells, labels, strict=True)):
        row, column = divmod(number, columns)
        left, top = gap + column * (room + gap), head + row * down
        if cell.framed:
            _frame(sheet, (left, top, left + width, top + height), frame)
        sheet.paste(_sized(cell.picture, size), (left, top))
        _write(sheet, label, left, top + height + frame, font)
    return sheet


def _frame(sheet: Image.Image, box: tuple[int, int, int, int], wide: int) -> None:
    """A line around the box `left top right bottom`, outside of it."""
    left, top, right, bottom = box
    around = left - wide, top - wide, right + wide - 1, bottom + wide - 1
    ImageDraw.Draw(sheet).rectangle(around, fill=_FRAME)


def _sized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)


def _write(sheet: Image.Image, lines: Sequence[str], left: int, top: int, font: Font) -> None:
    draw = ImageDraw.Draw(sheet)
    for number, text in enumerate(lines):
        draw.text((left, top + number * height_of(font)), text, _INK, font)
