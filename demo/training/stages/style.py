"""Stage `style`: a LoRA that draws a thick line around every shape."""

from pathlib import Path

import torch
from torch import Tensor

from ...config import CONFIG, SEED
from ...model.device import best_device, channels_last
from ...model.diffusion import signal_power
from ...model.lora import Adapter
from ...model.prompts import Prompts
from ..latents import Pool
from ..loop import Loop
from ..predictor import load_unet, predictor
from ..schedule import trapezoid
from .model import noise_loss, training_words


def train_style(folder: Path, budget: float) -> None:
    """The same prompts and the same loss as the model, on outlined pictures."""
    config, device = CONFIG.style, best_device()
    torch.manual_seed(SEED)
    unet = load_unet(folder, device)
    adapter = channels_last(Adapter(unet, config.rank), device)
    adapter.attach(unet)
    loop = Loop(
        "style",
        adapter,
        [torch.optim.AdamW(adapter.parameters(), config.rate, betas=(0.9, 0.99), weight_decay=0)],
        folder=folder,
        steps=config.steps,
        schedule=trapezoid,
        average=0.99,
    )
    last = CONFIG.model.steps
    pool, prompts = Pool(folder, device, last + loop.step, outlined=True), Prompts(device)
    powers = signal_power(device)

    def loss(step: int) -> Tensor:
        pool.advance(last + step)
        batch = pool.draw(config.batch, step)
        embedded = prompts(*training_words(batch.scenes.words))
        return noise_loss(predictor(unet, device), batch.latents, embedded, powers)

    loop.run(loss, budget)
