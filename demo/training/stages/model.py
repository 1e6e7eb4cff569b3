"""Stage `model`: the UNet learns to predict noise, easy scenes first."""

from pathlib import Path

import torch
from torch import Tensor

from ...config import CONFIG, SEED
from ...model.device import best_device, channels_last
from ...model.diffusion import TIMES, Predictor, noised, signal_power
from ...model.prompts import Prompts
from ...model.unet import UNet
from ...scenes.words import SHAPES
from ..latents import Pool
from ..loop import Loop
from ..optimiser import optimisers
from ..predictor import predictor
from ..schedule import trapezoid

# The time layers would take most of the time that orthogonal moves take.
_ENDS = ("input_blocks.0.", "out.", "time_embed.")
_LATE = 900


def train_model(folder: Path, budget: float) -> None:
    """Predicts noise at weights that make every time matter about equally for the picture."""
    config, device = CONFIG.model, best_device()
    torch.manual_seed(SEED)
    module = channels_last(UNet(), device)
    loop = Loop(
        "model",
        module,
        optimisers(module, config.rate, plain=_ENDS),
        folder=folder,
        steps=config.steps,
        schedule=trapezoid,
        average=config.average,
    )
    pool, prompts = Pool(folder, device, loop.step), Prompts(device)
    powers = signal_power(device)

    def loss(step: int) -> Tensor:
        pool.advance(step)
        batch = pool.draw(config.batch, step)
        embedded = prompts(*training_words(batch.scenes.words))
        return noise_loss(predictor(module, device), batch.latents, embedded, powers)

    loop.run(loss, budget)


def noise_loss(model: Predictor, latents: Tensor, prompts: Tensor, powers: Tensor) -> Tensor:
    """The weighted error of the noise that `model` sees in noised latents."""
    time = training_times(len(latents)).to(latents.device)
    noise = torch.randn_like(latents)
    predicted = model(noised(latents, noise, powers[time]), time, prompts)
    error = (predicted - noise).square().mean((1, 2, 3))
    weight = (1 / powers[time]).clamp(max=CONFIG.model.weight_limit)
    return (error * weight).mean() / 10


def training_times(count: int) -> Tensor:
    """Even over 0..999, with more of the late times, where the shape is decided."""
    late = torch.rand(count) < CONFIG.model.late
    return torch.where(late, torch.randint(_LATE, TIMES, (count,)), torch.randint(TIMES, (count,)))


def training_words(
    words: Tensor,
    *,
    empty_share: float = CONFIG.model.empty,
    any_shape: float = CONFIG.model.any_shape,
) -> tuple[Tensor, Tensor]:
    """The words, some with the shape left open, and which of them make way for no prompt."""
    chance = torch.rand(len(words))
    empty = chance < empty_share
    words = words.clone()
    words[~empty & (chance < empty_share + any_shape), 0] = len(SHAPES)
    return words, empty
