"""Signed distances to eight shapes of radius about one, negative inside."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .words import SHAPES

Point = tuple[float, float]


def distance(shape: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Distances for a batch: `shape` B; `x`, `y` B H W in units of the radius, y downwards."""
    result = torch.empty_like(x)
    for number, name in enumerate(SHAPES):
        rows = (shape == number).nonzero().flatten()
        if len(rows):
            result[rows] = _DISTANCES[name](x[rows], y[rows])
    return result


def _polygon(points: Sequence[Point]) -> Callable[[Tensor, Tensor], Tensor]:
    def exact(x: Tensor, y: Tensor) -> Tensor:
        nearest = torch.full_like(x, math.inf)
        inside = torch.zeros_like(x, dtype=torch.bool)
        for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
            ex, ey = bx - ax, by - ay
            along = (((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey)).clamp(0, 1)
            square = (x - ax - along * ex).square() + (y - ay - along * ey).square()
            nearest = torch.minimum(nearest, square)
            if ey:
                between = (y >= ay) != (y >= by)
                inside ^= between & (x < ax + (y - ay) * (ex / ey))
        return torch.where(inside, -nearest.sqrt(), nearest.sqrt())

    return exact


def _corners(count: int, *radii: float) -> list[Point]:
    turns = [2 * math.pi * index / count for index in range(count)]
    return [
        (radii[index % len(radii)] * math.sin(turn), -radii[index % len(radii)] * math.cos(turn))
        for index, turn in enumerate(turns)
    ]


def _circle(x: Tensor, y: Tensor) -> Tensor:
    return torch.hypot(x, y) - 0.9


def _ring(x: Tensor, y: Tensor) -> Tensor:
    return (torch.hypot(x, y) - 0.7).abs() - 0.22


def _heart(x: Tensor, y: Tensor) -> Tensor:
    # A square on its corner, with half a disc on each upper side.
    half = 0.58
    u, v = (x + y - 0.1) * math.sqrt(0.5), (y - x - 0.1) * math.sqrt(0.5)
    square = torch.maximum(u.abs(), v.abs()) - half
    left = torch.hypot(u + half, v) - half
    right = torch.hypot(u, v + half) - half
    return torch.minimum(square, torch.minimum(left, right))


def _moon(x: Tensor, y: Tensor) -> Tensor:
    return torch.maximum(torch.hypot(x, y) - 0.95, 0.75 - torch.hypot(x - 0.5, y))


_ARM = 0.32
_CROSS = [
    (_ARM, -1.0), (_ARM, -_ARM), (1.0, -_ARM), (1.0, _ARM), (_ARM, _ARM), (_ARM, 1.0),
    (-_ARM, 1.0), (-_ARM, _ARM), (-1.0, _ARM), (-1.0, -_ARM), (-_ARM, -_ARM), (-_ARM, -1.0),
]  # fmt: skip
_DISTANCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "circle": _circle,
    "ring": _ring,
    "square": _polygon([(-0.78, -0.78), (0.78, -0.78), (0.78, 0.78), (-0.78, 0.78)]),
    "triangle": _polygon(_corners(3, 1.1)),
    "star": _polygon(_corners(10, 1.1, 0.45)),
    "cross": _polygon(_CROSS),
    "heart": _heart,
    "moon": _moon,
}
