"""What is drawn for a step: rows of the material, and the times that a jump goes between."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .settings import Discriminating, Matching, Seen
from .times import CLEAN, TIMES

_GRID = 20
_UNIFIED = (1, 2, 4, 8)


class Material(NamedTuple):
    """What there is to learn from.

    `prompts` are contexts, one a row, that a tensor of rows indexes. `paths` N P+1 C ... are where
    the teacher went from noise, at the times `times` P+1, the last of them clean; `images` N C ...
    are clean latents. `of_paths` and `of_images` are their rows of `prompts`.
    """

    shape: tuple[int, ...]
    prompts: Any
    paths: Tensor | None = None
    times: Tensor | None = None
    of_paths: Tensor | None = None
    images: Tensor | None = None
    of_images: Tensor | None = None
    dtype: torch.dtype = torch.float32

    def noise(self, count: int, *more: int, generator: torch.Generator) -> Tensor:
        """Unit noise for `count` latents, or for several of each: count (more) C ..."""
        shape = (count, *more, *self.shape)
        return torch.randn(shape, generator=generator, dtype=self.dtype)

    def some_images(self, count: int, generator: torch.Generator) -> tuple[Tensor, Any]:
        """Clean images and their contexts: the given ones, or else where the paths end."""
        images, rows = self.images, self.of_images
        if images is None:
            images, rows = self.paths[:, -1], self.of_paths
        chosen = torch.randint(len(images), (count,), generator=generator)
        return images[chosen].to(self.dtype), self.prompts[rows[chosen]]


@dataclass(frozen=True)
class Plan:
    """How steps are drawn. `target` is the number of steps to sample with, 0 for 1 to 8 in one.

    `last` is the share of jumps from pure noise, where every sampler starts; `to_any` the share
    that ends at any time below (TCD); `skips` says from which share of the steps on how far the
    teacher walks at once; `width` is where pseudo-Huber bends; `rounds` is how often a rival learns
    in a step of the student.
    """

    target: int
    last: float = 0.3
    to_any: float = 0.5
    width: float = 0.05
    skips: tuple[tuple[float, int], ...] = ((0.0, 160), (0.3, 80), (0.55, 40), (0.8, 20))
    rounds: int = 2
    seen: Seen = Seen()
    matching: Matching = Matching()
    discriminator: Discriminating = Discriminating()

    def skip(self, done: float) -> int:
        return [skip for start, skip in self.skips if start <= done][-1]

    def segments(self, count: int, done: float, generator: torch.Generator) -> Tensor:
        """In how many segments each of `count` jumps sees the path, after the share `done`."""
        if self.target == 0:
            return torch.tensor(_UNIFIED)[
                torch.randint(len(_UNIFIED), (count,), generator=generator)
            ]
        stages = halvings(self.target)
        return torch.full((count,), stages[min(int(done * len(stages)), len(stages) - 1)])

    def starts(self, count: int, generator: torch.Generator) -> Tensor:
        """Times at which a sampler of the target's steps calls the network."""
        segments = self.segments(count, 1.0, generator)
        share = torch.rand(count, generator=generator)
        return trailing(segments - (share * segments).long(), segments)


class Jump(NamedTuple):
    """Times B: from `start`, by way of `middle`, to `end`; -1 is the clean image."""

    start: Tensor
    middle: Tensor
    end: Tensor


def halvings(target: int) -> list[int]:
    """Numbers of segments in turn, from 8 down to `target`: `halvings(2)` is 8, 4, 2 (TSCD)."""
    stages = [8]
    while stages[-1] // 2 > target:
        stages.append(stages[-1] // 2)
    return stages if target == stages[-1] else [*stages, target]


def segment_end(left: Tensor, whole: int, segments: Tensor | int) -> Tensor:
    """What is left of the path, of `whole`, where the segment of a point with `left` ends.

    The path is cut into `segments` of equal length, and a point on a cut belongs to the segment
    below it (TSCD, arXiv 2404.13686). A cut between two points is at the nearer one.
    """
    cut = ((left - 1) * segments).div(whole, rounding_mode="floor")
    return (cut * whole / segments).round().long()


def trailing(index: Tensor, segments: Tensor | int) -> Tensor:
    """The time of a cut, counted from the clean end: index 3 of 4 is 749."""
    return (index * TIMES / segments).round().long() - 1


def jumps(
    count: int,
    skip: int,
    *,
    to_any: float,
    last: float = 0.0,
    segments: Tensor | int = 1,
    generator: torch.Generator | None = None,
) -> Jump:
    """Starts on the grid 19, 39 .. 999; ends at the segment's, or for the share `to_any` anywhere.

    With one segment and `to_any` 0 all end clean, as LCD's do. `last` is the share that starts at
    999 whatever the dice say.
    """

    def dice() -> Tensor:
        return torch.rand(count, generator=generator)

    start = _GRID * torch.randint(1, TIMES // _GRID + 1, (count,), generator=generator) - 1
    start = torch.where(dice() < last, TIMES - 1, start)
    low = segment_end(start + 1, TIMES, segments) + CLEAN
    middle = torch.maximum(start - skip, low)
    end = low + ((middle - low) * dice() / _GRID).long() * _GRID
    return Jump(start, middle, torch.where(dice() < 1 - to_any, low, end))
