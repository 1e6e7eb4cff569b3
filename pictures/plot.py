"""The plot of a schedule: where the steps are on the noise curve, and where noise comes back.

A step goes down from its level along the predicted noise (blue), then up to the next one with
fresh noise (orange). Straight steps have no way up.
"""

from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw

from .axes import Axes, time_of
from .text import fold, font_of, height_of

_INK, _QUIET, _LINES, _PAPER = "#1b1b1b", "#5c6470", "#d5d9e0", "#ffffff"
_DOWN, _UP = "#1f66c1", "#c2530a"
_SMALLEST_TEXT = 13
# Drawn larger and made smaller, since Pillow's lines have no smooth edges.
_FINER = 3


class Hop(NamedTuple):
    """A step from level `sigma` down to `low` and up to `after`.

    `fresh` is the new noise's share of the level `after`. Both are None where the sampler's way is
    not known.
    """

    sigma: float
    after: float
    low: float | None = None
    fresh: float | None = None


class Schedule(NamedTuple):
    """What is drawn: levels of timesteps 0 to 999, the steps, and lines of text below.

    At the level `boundary` two experts change.
    """

    curve: Sequence[float]
    hops: Sequence[Hop]
    lines: Sequence[str]
    boundary: float | None = None


def draw_schedule(schedule: Schedule, width: int) -> Image.Image:
    """The plot, `width` pixels wide and as high as its text needs."""
    font = font_of(max(_SMALLEST_TEXT, round(width / 58)))
    line = height_of(font)
    words = [
        part
        for text in schedule.lines
        for part in fold(text.split(" "), font, width - 2 * line, between=" ")
    ]
    field = round(0.46 * width)
    height = field + 4 * line + len(words) * line + line
    plot = _Plot(schedule, (width, height), field)
    plot.draw_field()
    plot.draw_steps()
    picture = plot.picture()
    draw = ImageDraw.Draw(picture)
    for number, text in enumerate(words):
        draw.text((line, field + (4 + number) * line), text, _INK, font)
    return picture


class _Plot:
    """Lines and labels; labels that would cover others are left out, the text below has all."""

    def __init__(self, schedule: Schedule, size: tuple[int, int], field: int):
        self._schedule = schedule
        self._size = size
        self._font = font_of(max(_SMALLEST_TEXT, round(size[0] / 58)))
        self._line = height_of(self._font)
        levels = [level for hop in schedule.hops for level in hop[:2]]
        box = (5 * self._line, 1.6 * self._line, size[0] - 2.5 * self._line, field + self._line)
        self._axes = Axes(box, schedule.curve, levels)
        large = (size[0] * _FINER, size[1] * _FINER)
        self._image = Image.new("RGB", large, _PAPER)
        self._draw = ImageDraw.Draw(self._image)
        self._labels: list[tuple[tuple[float, float], str, str, str]] = []
        self._taken: list[tuple[float, float, float, float]] = []

    def picture(self) -> Image.Image:
        picture = self._image.resize(self._size, Image.Resampling.BOX)
        draw = ImageDraw.Draw(picture)
        for place, text, ink, anchor in self._labels:
            draw.text(place, text, ink, self._font, anchor=anchor)
        return picture

    def draw_field(self) -> None:
        axes, line = self._axes, self._line
        for level in axes.ticks():
            y = axes.y(level)
            self._stroke([(axes.left, y), (axes.right, y)], _LINES)
            self._label((axes.left - 0.4 * line, y), f"{level:g}", _QUIET, "rm")
        self._stroke([(axes.left, axes.bottom), (axes.right, axes.bottom)], _QUIET)
        if self._schedule.boundary is not None:
            y = axes.y(self._schedule.boundary)
            self._stroke([(axes.left, y), (axes.right, y)], _UP)
            place = (axes.right, y - 0.2 * line)
            self._label(place, f"{self._schedule.boundary:g}", _UP, "rs")
        points = [(axes.x(time), axes.y(level)) for time, level in enumerate(axes.curve)]
        self._stroke(points, _QUIET, 1.5)
        self._label((axes.left, 0.7 * line), "noise level (sigma)", _QUIET, "lm")
        under = axes.bottom + 1.9 * line
        self._label((axes.left, under), "timestep", _QUIET, "lm")
        self._label((axes.right, under), "picture", _QUIET, "rm")

    def draw_steps(self) -> None:
        for hop in self._schedule.hops:
            self._draw_moves(hop)
        for hop in self._schedule.hops:
            self._draw_stop(hop.sigma)
        if self._schedule.hops:
            self._draw_stop(self._schedule.hops[-1].after)

    def _draw_moves(self, hop: Hop) -> None:
        axes = self._axes
        start, after = axes.point(hop.sigma), axes.point(hop.after)
        if hop.low is None or hop.fresh is None:
            self._arc(start, after, _QUIET, -1)
            return
        low = axes.point(hop.low)
        self._arc(start, low, _DOWN, -1)
        if hop.fresh > 0:
            self._ring(low, _UP)
            self._arc(low, after, _UP, 1)
            place = after[0] + 0.2 * self._line, after[1] - 0.9 * self._line
            self._label(place, f"+{100 * hop.fresh:.0f} %", _UP, "ls")

    def _draw_stop(self, level: float) -> None:
        x, y = self._axes.point(level)
        self._ring((x, y), _DOWN, filled=True)
        if level > 0:
            bottom = self._axes.bottom
            self._stroke([(x, bottom), (x, bottom + 0.3 * self._line)], _QUIET)
            time = f"{time_of(level, self._axes.curve):g}"
            self._label((x, bottom + 0.9 * self._line), time, _INK, "mm")

    def _arc(
        self, begin: tuple[float, float], end: tuple[float, float], ink: str, side: int
    ) -> None:
        """A bow above the straight line (side 1) or below it (-1), with an arrow's head."""
        (x0, y0), (x1, y1) = begin, end
        bend = 0.22 * side
        x, y = (x0 + x1) / 2 + bend * abs(y1 - y0), (y0 + y1) / 2 - bend * abs(x1 - x0)
        shares = [n / 24 for n in range(25)]
        points = [
            (
                (1 - s) ** 2 * x0 + 2 * s * (1 - s) * x + s * s * x1,
                (1 - s) ** 2 * y0 + 2 * s * (1 - s) * y + s * s * y1,
            )
            for s in shares
        ]
        self._stroke(points, ink, 1.8)
        self._head(points[-4], points[-1], ink)

    def _head(self, before: tuple[float, float], tip: tuple[float, float], ink: str) -> None:
        dx, dy = tip[0] - before[0], tip[1] - before[1]
        length = max((dx * dx + dy * dy) ** 0.5, 1e-6)
        dx, dy = 0.45 * self._line * dx / length, 0.45 * self._line * dy / length
        sides = [(tip[0] - dx + k * dy, tip[1] - dy - k * dx) for k in (0.45, -0.45)]
        self._draw.polygon([_fine(point) for point in (tip, *sides)], fill=ink)

    def _ring(self, middle: tuple[float, float], ink: str, filled: bool = False) -> None:
        radius = 0.24 * self._line
        x, y = middle
        corners = [_fine((x - radius, y - radius)), _fine((x + radius, y + radius))]
        fill = ink if filled else _PAPER
        self._draw.ellipse(corners, fill, ink, round(0.1 * self._line * _FINER))

    def _stroke(self, points: Sequence[tuple[float, float]], ink: str, width: float = 1.0) -> None:
        thick = max(1, round(width * self._line * _FINER / 20))
        self._draw.line([_fine(point) for point in points], ink, thick, joint="curve")

    def _label(self, place: tuple[float, float], text: str, ink: str, anchor: str) -> None:
        box = self._draw.textbbox(place, text, self._font, anchor=anchor)
        inside = box[0] >= 0 and box[2] <= self._size[0] and box[1] >= 0
        if inside and not any(_overlap(box, other) for other in self._taken):
            self._taken.append(box)
            self._labels.append((place, text, ink, anchor))


def _fine(point: tuple[float, float]) -> tuple[float, float]:
    return point[0] * _FINER, point[1] * _FINER


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] + 3 and b[0] < a[2] + 3 and a[1] < b[3] and b[1] < a[3]
