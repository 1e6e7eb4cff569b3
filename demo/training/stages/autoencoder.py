"""Stage `autoencoder`: pictures through 8x8x4 latents of mean 0 and deviation 1."""

from pathlib import Path

import torch
from torch import Tensor

from ...config import CONFIG, SEED, SIZE, WIDE
from ...model.autoencoder import Autoencoder
from ...model.device import autocast, best_device, channels_last
from ...scenes import data
from ..latents import size_at
from ..loop import Loop
from ..optimiser import optimisers
from ..schedule import warm_cosine

_ENDS = ("taesd_encoder.0.", "taesd_encoder.14.", "taesd_decoder.1.", "taesd_decoder.19.")


def train_autoencoder(folder: Path, budget: float) -> None:
    """Trains on both styles, so that the style LoRA finds its latents ready."""
    config, device = CONFIG.autoencoder, best_device()
    torch.manual_seed(SEED)
    module = channels_last(Autoencoder(), device)
    loop = Loop(
        "autoencoder",
        module,
        optimisers(module, config.rate, plain=_ENDS),
        folder=folder,
        steps=config.steps,
        schedule=warm_cosine,
        average=config.average,
    )

    def loss(step: int) -> Tensor:
        original = channels_last(_pictures(step, device), device)
        with autocast(device):
            latents = module.encode(original)
        latents = latents.float()
        noisy = latents + config.noise * torch.randn_like(latents)
        with autocast(device):
            again = module.decode(noisy)
        difference = again.float() - original
        spread = (latents.std((0, 2, 3)) - 1).square() + latents.mean((0, 2, 3)).square()
        return difference.square().mean() + 0.2 * difference.abs().mean() + 0.01 * spread.mean()

    loop.run(loss, budget)


def _pictures(step: int, device: torch.device) -> Tensor:
    """Plain pictures, the first ones of each batch outlined."""
    config, size = CONFIG.autoencoder, size_at(step)
    count = max(1, config.batch * SIZE**2 // size**2)
    words = data.trained()
    batch = data.scenes(step * config.batch, count, WIDE, seed=SEED + 1, words=words).to(device)
    outlined = torch.arange(count, device=device) < count * config.outlined
    return data.pictures(batch, size, outlined=outlined)
