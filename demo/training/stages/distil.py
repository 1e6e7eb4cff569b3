"""Stages `lcm` and `tcd`: adapters for 1 to 8 steps with the guidance folded in."""

from pathlib import Path

import torch
from torch import Tensor

from ...config import CONFIG, SEED
from ...model.device import best_device, channels_last
from ...model.diffusion import guided
from ...model.lora import Adapter
from ...model.prompts import Prompts
from ..distil import distil, network, plan, times
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
    empty, levels, drawn_as = prompts.empty(), times(), plan(config, to_any=to_any)
    consistency = distil.LOSSES["consistency"]

    def guide(x: Tensor, time: Tensor, embedded: Tensor) -> Tensor:
        return guided(teacher, embedded, empty, CONFIG.guidance)(x, time, embedded)

    nets = distil.Nets(*map(network, (guide, student, slow, slow)))

    def loss(step: int) -> Tensor:
        pool.advance(CONFIG.model.steps + step)
        batch = pool.draw(config.batch, step)
        embedded = prompts(*training_words(batch.scenes.words, empty_share=0))
        done = step / config.steps
        path = distil.jumps(
            len(batch.latents), drawn_as.skip(done), to_any=drawn_as.to_any, last=drawn_as.last
        )
        rows = consistency.rows(batch.latents, torch.randn_like(batch.latents), *path, embedded)
        return consistency.student(nets, levels, drawn_as, rows).loss

    loop.run(loss, budget)
