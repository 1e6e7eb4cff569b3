"""The demo's UNet as the pack's own distil/ knows a network, and what its stages draw.

LCM (arXiv 2310.04378) jumps to the picture, TCD (arXiv 2402.19159) to any earlier time as well.
"""

from typing import Any

import torch
from torch import Tensor

from tools.pack import pure

from ..config import Distillation
from ..model.diffusion import TIMES, Predictor, signal_power

distil = pure("distil")
_levels = pure("samplers.levels")


def times() -> Any:
    """Stable Diffusion's levels, as ComfyUI scales them: x = image + sigma * noise."""
    powers = signal_power().double()
    sigmas = ((1 - powers) / powers).sqrt()
    return distil.Times(_levels.TableLevels(sigmas.numpy()), sigmas.tolist())


def network(model: Predictor) -> Any:
    """net(x, sigma, context) -> image of a predictor of noise from latents of unit variance."""
    table = signal_power().double()
    table = ((1 - table) / table).sqrt()

    def predict(x: Tensor, sigma: Tensor, context: Tensor) -> Tensor:
        time = torch.searchsorted(table.to(sigma), sigma * 0.9999).clamp(max=TIMES - 1)
        scale = (1 + sigma.square()).sqrt()[:, None, None, None]
        return x - sigma[:, None, None, None] * model(x / scale, time, context)

    return predict


def plan(config: Distillation, *, to_any: bool) -> Any:
    """What the stages `lcm` and `tcd` draw."""
    return distil.Plan(
        target=1,
        last=config.last,
        to_any=0.5 if to_any else 0.0,
        width=config.width,
        skips=config.skips,
    )
