"""Noise that belongs to an image and a step, whatever batch or device the image is made in."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch

NoiseSampler = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Place = tuple[int, int]

_SEED_MASK = 2**64 - 1
# Below all levels that models have.
_LOWEST = 1e-6


def image_seeds(seed: int, indices: Iterable[int]) -> list[int]:
    """Seed of every image: seed + index, wrapped to 64 bits."""
    return [(seed + index) & _SEED_MASK for index in indices]


def step_noises(
    x: torch.Tensor,
    levels: Sequence[float],
    seeds: Sequence[int],
    wanted: Sequence[bool] | None = None,
) -> list[torch.Tensor | None]:
    """Noise like `x` for each step, None for those that are not wanted; `levels` are steps + 1.

    Image k's depends on seeds[k] and the level that the step goes to, and on nothing else. All of
    it is drawn and on the device before the first step: the loop never waits for a copy, and no
    copy is under way from memory that is given back.
    """
    places = _places(levels[1:])
    return [
        _step_noise(x, place, seeds) if draw else None
        for place, draw in zip(places, wanted or [True] * len(places), strict=True)
    ]


def level_noise(x: torch.Tensor, seeds: Sequence[int]) -> NoiseSampler:
    """The noise of `step_noises`, drawn when it is asked for, for loops that are not ours."""
    seen: Counter[int] = Counter()

    def draw(_: torch.Tensor, sigma_next: torch.Tensor) -> torch.Tensor:
        return _step_noise(x, _place(float(sigma_next), seen), seeds)

    return draw


def _step_noise(x: torch.Tensor, place: Place, seeds: Sequence[int]) -> torch.Tensor:
    noise = [_draw((1, *x.shape[1:]), _step_seed(seed, place)) for seed in seeds]
    # Always drawn on the CPU, so that every device makes the same picture.
    whole = noise[0] if len(noise) == 1 else torch.cat(noise)
    return whole.to(x.device, x.dtype)


def _places(levels: Iterable[float]) -> list[Place]:
    """What the noise of each step is known by: the level it goes to, and the times it was there.

    So steps that are sampled one by one draw what they draw in one run. Levels are told apart to a
    thousandth, which float error does not reach.
    """
    seen: Counter[int] = Counter()
    return [_place(level, seen) for level in levels]


def _place(level: float, seen: Counter[int]) -> Place:
    mark = round(1000 * math.log(max(level, _LOWEST) / _LOWEST))
    seen[mark] += 1
    return mark, seen[mark] - 1


def _draw(shape: Sequence[int], seed: int) -> torch.Tensor:
    generator = torch.Generator("cpu").manual_seed(seed)
    return torch.randn(shape, generator=generator, device="cpu")


def _step_seed(seed: int, place: Place) -> int:
    sequence = np.random.SeedSequence(seed, spawn_key=place)
    return int(sequence.generate_state(1, np.uint64)[0])
