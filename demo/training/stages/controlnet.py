"""Stage `controlnet`: outlines say where and what, words say the colours."""

from pathlib import Path

import torch
from torch import Tensor

from ...config import CONFIG, SEED
from ...model.controlnet import ControlNet, controlled
from ...model.device import best_device, channels_last
from ...model.diffusion import signal_power
from ...model.prompts import Prompts
from ...scenes import data
from ..latents import Pool
from ..loop import Loop
from ..optimiser import optimisers
from ..predictor import load_unet
from ..schedule import trapezoid
from .model import noise_loss, training_words

_ENDS = ("input_blocks.0.", "time_embed.", "input_hint_block.0.")


def train_controlnet(folder: Path, budget: float) -> None:
    """The model's own loss, with the drawing of each picture beside it."""
    config, device = CONFIG.controlnet, best_device()
    torch.manual_seed(SEED)
    unet, control = load_unet(folder, device), ControlNet()
    control.begin_as(unet)
    control = channels_last(control, device)
    loop = Loop(
        "controlnet",
        control,
        optimisers(control, config.rate, plain=_ENDS),
        folder=folder,
        steps=config.steps,
        schedule=trapezoid,
        average=0.995,
    )
    last = CONFIG.model.steps
    pool, prompts = Pool(folder, device, last + loop.step), Prompts(device)
    powers = signal_power(device)

    def loss(step: int) -> Tensor:
        pool.advance(last + step)
        batch = pool.draw(config.batch, step)
        embedded = prompts(*training_words(batch.scenes.words, any_shape=config.any_shape))
        drawing = data.scribbles(batch.scenes.to(device), batch.size)
        model = controlled(unet, control, channels_last(drawing, device))
        return noise_loss(model, batch.latents, embedded, powers)

    loop.run(loss, budget)
