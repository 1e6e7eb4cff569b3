"""Noise that belongs to an image and a step, whatever batch or device the image is made in."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch

NoiseSampler = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

_SEED_MASK = 2**64 - 1


def image_seeds(seed: int, indices: Iterable[int]) -> list[int]:
    """Seed of every image: seed + index, wrapped to 64 bits."""
    return [(seed + index) & _SEED_MASK for index in indices]


def first_noise(shape: Sequence[int], seeds: Sequence[int]) -> torch.Tensor:
    """Initial noise B C ...: image k is what ComfyUI draws for a single image with `seeds[k]`."""
    return torch.cat([_draw((1, *shape[1:]), seed) for seed in seeds])


def step_noise(x: torch.Tensor, step: int, seeds: Sequence[int]) -> torch.Tensor:
    """Noise like `x` for one step; image k depends on (seeds[k], step) only."""
    noise = [_draw((1, *x.shape[1:]), _step_seed(seed, step)) for seed in seeds]
    noise = noise[0] if len(noise) == 1 else torch.cat(noise)
    # Always drawn on the CPU, so that every device makes the same picture.
    return noise.to(x.device, x.dtype, non_blocking=True)


def _draw(shape: Sequence[int], seed: int) -> torch.Tensor:
    generator = torch.Generator("cpu").manual_seed(seed)
    return torch.randn(shape, generator=generator, device="cpu")


def _step_seed(seed: int, step: int) -> int:
    sequence = np.random.SeedSequence(seed, spawn_key=(step,))
    return int(sequence.generate_state(1, np.uint64)[0])
