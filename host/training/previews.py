"""Pictures of fixed seeds on the way: the gauge of a run is the picture, not the loss."""

from collections.abc import Callable
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ... import pictures
from ...distil import CLEAN, Net, Times, trailing
from ..images import to_image, to_picture
from .material import Learned

_TEACHER_STEPS = 20
_UNIFIED_STEPS = 4
_CELL = 256


class Previews:
    """The same prompts and noise at every look, drawn by any network."""

    def __init__(self, model: Any, vae: Any, times: Times, learned: Learned, target: int):
        self._model, self._vae, self._times = model, vae, times
        self._prompts, self._conditions = learned.shown, learned.shown_conditions
        self.steps, self.teacher_steps = target or _UNIFIED_STEPS, _TEACHER_STEPS
        shape = learned.material.shape
        seeds = [torch.Generator().manual_seed(seed) for seed in range(len(self._prompts))]
        self._noise = torch.stack([torch.randn(shape, generator=seed) for seed in seeds])
        self._rows: list[tuple[str, list[Image.Image]]] = []

    def add(self, label: str, net: Net, device: torch.device, steps: int = 0) -> Image.Image:
        """A row of the sheet, drawn now; in place of an earlier one of this label."""
        drawn = self.draw(net, device, steps or self.steps)
        self._rows = [row for row in self._rows if row[0] != label] + [(label, drawn)]
        return self.sheet()

    def add_teacher(self, net: Net, device: torch.device) -> None:
        self.add(f"teacher, {self.teacher_steps} steps", net, device, self.teacher_steps)

    @torch.no_grad()
    def draw(self, net: Net, device: torch.device, steps: int) -> list[Image.Image]:
        stops = [*trailing(torch.arange(steps, 0, -1), steps).tolist(), CLEAN]
        x = self._times.pure(self._noise.to(device))
        for start, end in zip(stops[:-1], stops[1:], strict=True):
            here, there = (torch.full((len(x),), time) for time in (start, end))
            x = self._times.land(net, x, here, there, self._conditions)
        # As the host decodes: else the VAE's weights move to its device as no others do.
        with torch.inference_mode():
            latent = self._model.model.process_latent_out(x.cpu())
            images = _decoder(self._model, self._vae)(latent)
        return [to_picture(image) for image in images.flatten(0, -4)]

    def sheet(self) -> Image.Image:
        cells = [
            pictures.Cell(_fitted(image), [label, prompt[:40]])
            for label, row in self._rows
            for image, prompt in zip(row, self._prompts, strict=True)
        ]
        return pictures.contact_sheet(cells, len(self._prompts), [])

    def image(self) -> Tensor:
        return to_image(self.sheet())


def _decoder(model: Any, vae: Any) -> Callable[[Tensor], Tensor]:
    """The VAE's, or without one the host's rough colours of a latent."""
    if vae is not None:
        return lambda latent: vae.decode(latent).detach().float().cpu()
    factors = getattr(model.model.latent_format, "latent_rgb_factors", None)
    if factors is None:
        return lambda latent: torch.full((len(latent), 8, 8, 3), 0.5)
    colours = torch.tensor(factors, dtype=torch.float32)

    def rough(latent: Tensor) -> Tensor:
        flat = latent.float().flatten(2, -3) if latent.ndim == 5 else latent.float()
        return (torch.einsum("bchw,cr->bhwr", flat[:, : len(colours)], colours) + 1) / 2

    return rough


def _fitted(image: Image.Image) -> Image.Image:
    large = max(image.size)
    if large >= _CELL:
        return image
    return image.resize([side * _CELL // large for side in image.size], Image.NEAREST)
