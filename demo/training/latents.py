"""A pool of encoded pictures with their words, renewed a little at each step."""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ..config import CONFIG, LARGE, SEED, SIZE, WIDE, Level
from ..model.autoencoder import Autoencoder
from ..model.device import autocast, channels_last
from ..scenes import data
from ..scenes.data import Scenes
from .state import finished_weights

_CHUNK = 512


class Batch(NamedTuple):
    """Latents B 4 H W of pictures of `size` pixels, and the scenes that they show."""

    latents: Tensor
    scenes: Scenes
    size: int


class Pool:
    """What the model learns from: sample n of an endless list lies in slot n modulo the size.

    Encoding every picture anew would cost as much as learning from it, so each is used some times.
    The content follows from the step alone, so a resumed run goes on with the same pictures.
    """

    def __init__(
        self, folder: Path, device: torch.device, step: int, *, outlined: bool = False
    ) -> None:
        self._device, self._outlined = device, outlined
        self._encoder = load_autoencoder(folder, device)
        self._words = data.trained()
        slots = CONFIG.pool.size
        self._latents = {
            size: torch.empty(slots, 4, size // 8, size // 8, device=device)
            for size in (SIZE, LARGE)
        }
        empty = data.scenes(0, slots, WIDE, seed=SEED, words=self._words)
        self._scenes = Scenes(*(torch.zeros_like(row) for row in empty))
        self._count = 0
        self.advance(step)

    def advance(self, step: int) -> None:
        """Fills the pool as it stands at `step`."""
        config = CONFIG.pool
        count = config.first + config.fresh * (step // config.every)
        first = max(self._count, count - config.size)
        while first < count:
            last = min(first + _CHUNK, count)
            self._fill(first, last)
            first = last
        self._count = count

    def draw(self, count: int, step: int) -> Batch:
        """Random entries; large ones are fewer, for the same work a step."""
        size = size_at(step)
        count = max(1, count * SIZE**2 // size**2)
        rows = torch.randint(min(self._count, CONFIG.pool.size), (count,))
        scenes = Scenes(*(row[rows] for row in self._scenes))
        return Batch(self._latents[size][rows.to(self._device)], scenes, size)

    def _fill(self, first: int, last: int) -> None:
        config = CONFIG.pool
        level = level_at(max(0, first - config.first) // config.fresh * config.every)
        batch = data.scenes(first, last - first, level, seed=SEED + 2, words=self._words)
        slots = torch.arange(first, last) % config.size
        for size, latents in self._latents.items():
            pictures = data.pictures(batch.to(self._device), size, outlined=self._outlined)
            latents[slots.to(self._device)] = encode(self._encoder, pictures)
        for row, new in zip(self._scenes, batch, strict=True):
            row[slots] = new


def size_at(step: int) -> int:
    """Small and large by turns."""
    return LARGE if step % 2 else SIZE


def level_at(step: int) -> Level:
    """How free the scenes are at a step of the model's training."""
    return [level for start, level in CONFIG.model.levels if start <= step][-1]


def load_autoencoder(folder: Path, device: torch.device) -> Autoencoder:
    """The trained one, frozen."""
    module = Autoencoder()
    module.load_state_dict(finished_weights(folder, "autoencoder"))
    return channels_last(module, device).requires_grad_(False)


@torch.no_grad()
def encode(module: Autoencoder, pictures: Tensor) -> Tensor:
    """Latents in fp32."""
    with autocast(pictures.device):
        return module.encode(channels_last(pictures, pictures.device)).float()


@torch.no_grad()
def decode(module: Autoencoder, latents: Tensor) -> Tensor:
    """Pictures in 0..1."""
    with autocast(latents.device):
        return module.decode(channels_last(latents, latents.device)).float().clamp(0, 1)
