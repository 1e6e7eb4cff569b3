"""Pictures of one shape on a plain background, with prompts: the same from a seed everywhere."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..config import Level
from .portable import fractions, mixed
from .shapes import distance
from .words import COLOURS, PALETTE, SHAPES, TEMPLATES

_FIELDS = 8
_HOLD_OUT = 0xF00D
_OUTLINE = 1.6
_SCRIBBLE = 1.0
_BLACK, _WHITE = COLOURS.index("black"), COLOURS.index("white")


class Scenes(NamedTuple):
    """A batch of pictures before they are drawn; lengths in fractions of the picture."""

    shape: Tensor  # B, as are all
    colour: Tensor
    background: Tensor
    template: Tensor
    x: Tensor
    y: Tensor
    radius: Tensor
    turn: Tensor

    @property
    def words(self) -> Tensor:
        """Rows of shape, colour, background, template."""
        return torch.stack(self[:4], 1)

    def to(self, device: torch.device) -> "Scenes":
        """The same, to be drawn on another device."""
        return Scenes(*(row.to(device) for row in self))


def combinations() -> np.ndarray:
    """Every shape, colour and other background, as rows of three numbers."""
    return np.array(
        [
            (shape, colour, background)
            for shape in range(len(SHAPES))
            for colour in range(len(COLOURS))
            for background in range(len(COLOURS))
            if colour != background
        ]
    )


def held_out() -> np.ndarray:
    """The tenth of the word combinations that training never shows, as rows of three numbers."""
    words = combinations()
    order = np.argsort(mixed(np.arange(len(words)), seed=_HOLD_OUT), kind="stable")
    return words[np.sort(order[: len(words) // 10])]


def trained() -> np.ndarray:
    """The other nine tenths."""
    kept = {tuple(row) for row in held_out()}
    return np.array([row for row in combinations() if tuple(row) not in kept])


def scenes(first: int, count: int, level: Level, *, seed: int, words: np.ndarray) -> Scenes:
    """Scenes number `first` to `first + count - 1` of the endless list that `seed` stands for."""
    index = np.arange(first, first + count)[:, None] * _FIELDS + np.arange(_FIELDS)
    draw = fractions(index, seed=seed).T
    chosen = words[(draw[0] * len(words)).astype(np.int64)]
    radius = level.smallest + draw[1] * (level.largest - level.smallest)
    room = np.minimum(level.place, np.maximum(0.5 - level.margin - radius, 0))
    whole = [*chosen.T, (draw[5] * len(TEMPLATES)).astype(np.int64)]
    real = [
        0.5 + room * (2 * draw[2] - 1),
        0.5 + room * (2 * draw[3] - 1),
        radius,
        np.deg2rad(level.turn) * (2 * draw[4] - 1),
    ]
    return Scenes(*(torch.from_numpy(np.ascontiguousarray(row)) for row in [*whole, *real]))


def pictures(
    batch: Scenes,
    size: int,
    *,
    outlined: Tensor | bool = False,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Filled shapes, B 3 H W in 0..1, antialiased.

    `outlined` (one truth, or B) is the second style: a thick line around, black where that shows.
    """
    far = _pixels(batch, size, dtype)
    below, above = (_paint(colour, dtype) for colour in (batch.background, batch.colour))
    dark = (batch.colour == _BLACK) | (batch.background == _BLACK)
    ink = _paint(torch.where(dark, _WHITE, _BLACK), dtype)
    drawn = torch.as_tensor(outlined, device=far.device).reshape(-1, 1, 1)
    line = _coverage(_OUTLINE * size / 64 - far.abs()) * drawn
    return _blend(_blend(below, above, _coverage(-far)), ink, line)


def scribbles(batch: Scenes, size: int, *, dtype: torch.dtype = torch.float32) -> Tensor:
    """White outlines on black, B 3 H W, as a scribble ControlNet wants them."""
    line = _coverage(_SCRIBBLE * size / 64 - _pixels(batch, size, dtype).abs())
    return line[:, None].expand(-1, 3, -1, -1).contiguous()


def _pixels(batch: Scenes, size: int, dtype: torch.dtype) -> Tensor:
    """Signed distance of each pixel's middle to the shape's edge, in pixels."""
    grid = (torch.arange(size, dtype=dtype, device=batch.x.device) + 0.5) / size
    x = grid[None, None, :] - batch.x.to(dtype)[:, None, None]
    y = grid[None, :, None] - batch.y.to(dtype)[:, None, None]
    cosine, sine = (f(batch.turn).to(dtype)[:, None, None] for f in (torch.cos, torch.sin))
    radius = batch.radius.to(dtype)[:, None, None]
    across, down = (cosine * x + sine * y) / radius, (cosine * y - sine * x) / radius
    return distance(batch.shape, across, down) * radius * size


def _paint(colour: Tensor, dtype: torch.dtype) -> Tensor:
    return torch.tensor(PALETTE, dtype=dtype, device=colour.device)[colour][
        :, :, None, None
    ]  # B 3 1 1


def _coverage(depth: Tensor) -> Tensor:
    return (depth + 0.5).clamp(0, 1)


def _blend(below: Tensor, above: Tensor, share: Tensor) -> Tensor:
    return below + (above - below) * share[:, None]
