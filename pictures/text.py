"""Text that fits: the font at any size, and lines no wider than asked."""

from collections.abc import Sequence

from PIL import ImageFont

Font = ImageFont.FreeTypeFont


def font_of(size: int) -> Font:
    """Pillow's own font, so that every machine draws the same. Its letters are the Latin ones.

    Raises ValueError where Pillow is too old to scale it.
    """
    try:
        font = ImageFont.load_default(size)
    except TypeError as error:
        raise ValueError(_TOO_OLD) from error
    if not isinstance(font, Font):
        raise ValueError(_TOO_OLD)
    return font


def height_of(font: Font) -> int:
    """From one line to the next, in pixels."""
    return round(1.25 * font.size)


def fold(parts: Sequence[str], font: Font, width: int, between: str = ", ") -> list[str]:
    """The parts on as few lines as hold them; a part wider than `width` has a line of its own."""
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]}{between}{part}" if lines else ""
        if longer and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def widest(lines: Sequence[str], font: Font) -> int:
    """Pixels that the longest line needs."""
    return max((int(font.getlength(line)) + 1 for line in lines), default=0)


_TOO_OLD = "Drawing labels needs Pillow 10.1 or newer with FreeType. Update Pillow and start again."
