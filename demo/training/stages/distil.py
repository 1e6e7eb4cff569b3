"""Stages `lcm` and `tcd`: adapters for 1 to 8 steps with the guidance folded in."""

from pathlib import Path

import torch
from torch import Tensor

from ...config import CONFIG, SEED
from ...model.device import best_device, channels_last
from ...model.diffusion import guided, noised, signal_power
from ...model.lora import Adapter
from ...model.prompts import Prompts
from ..distil import jumps, landing, level, pseudo_huber, target
from ..latents import Pool
from ..loop import Loop
from ..predictor import load_unet, predictor
from ..schedule import trapezoid
from ..state import finished_weights
from .model import training_words


def train_lcm(folder: Path, budget: float) -> None:
    """Jumps to the picture."""
    _distil("lcm", folder, budget, to_any=False)


def train_tcd(folder: Path, budget: float) -> None:
    """Jumps to any earlier time; goes on from the LCM adapter."""
    _distil("tcd", folder, budget, to_any=True)


def _distil(stage: str, folder: Path, budget: float, *, to_any: bool) -> None:
    config, device = getattr(CONFIG, stage), best_device()
    torch.manual_seed(SEED)
    unets = [load_unet(folder, device) for _ in range(3)]
    teacher, student, slow = (predictor(unet, device) for unet in unets)
    adapter, copy = (channels_last(Adapter(unets[0], config.rank), device) for _ in range(2))
    if config.start:
        adapter.load_state_dict(finished_weights(folder, config.start))
    adapter.attach(unets[1])
    copy.requires_grad_(False).attach(unets[2])
    loop = Loop(
        stage,
        adapter,
        [torch.optim.AdamW(adapter.parameters(), config.rate, betas=(0.9, 0.99), weight_decay=0)],
        folder=folder,
        steps=config.steps,
        schedule=trapezoid,
        average=config.average,
    )
    # The loop moves its averages in place: the copy that sets the targets follows by itself.
    copy.load_state_dict(loop.average, assign=True)
    pool, prompts = Pool(folder, device, CONFIG.model.steps + loop.step), Prompts(device)
    powers, empty = signal_power(device), prompts.empty()

    def loss(step: int) -> Tensor:
        pool.advance(CONFIG.model.steps + step)
        batch = pool.draw(config.batch, step)
        embedded = prompts(*training_words(batch.scenes.words, empty_share=0))
        skip = [skip for start, skip in config.skips if start <= step / config.steps][-1]
        path = jumps(len(batch.latents), skip, to_any=to_any, last=config.last)
        noise = torch.randn_like(batch.latents)
        x = noised(batch.latents, noise, level(powers, path.start))
        guide = guided(teacher, embedded, empty, CONFIG.guidance)
        with torch.no_grad():
            goal = target(guide, slow, x, embedded, powers, path)
        return pseudo_huber(landing(student, x, embedded, powers, path) - goal, config.width)

    loop.run(loss, budget)
