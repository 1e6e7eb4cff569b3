"""The samplers. Each is one answer to: how far down before going back up to sigma_next?

| sampler   | low level                                  | source                           |
|-----------|--------------------------------------------|----------------------------------|
| DDIM      | sigma_next                                 | arXiv 2010.02502, eta 0          |
| TCD       | sigma at time floor((1 - gamma) * t_next)  | arXiv 2402.19159, Algorithm 4    |
| LCM       | 0                                          | arXiv 2310.04378, Algorithm 3    |
| ancestral | sigma_next^2 / sigma                       | k-diffusion's Euler, eta 1       |

All have the signature of k-diffusion samplers: `model(x, sigma, **extra_args)` returns the
predicted image; `x` is B C ..., noised to `sigmas[0]`; `sigmas` holds steps + 1 levels and ends
at 0. `levels` says what a level means to the model. The result has the shape of `x`.

`noise_sampler(sigma, sigma_next)`, if given, is called once for each step that needs noise.
Otherwise image k of the batch draws from seed + k, or from `seeds[k]` (see `noise.py`).

`finish="clean"` ends on the predicted image. `finish="diffusers"` ends where diffusers'
TCDScheduler and DDIMScheduler do, at t = 0: sigma 0.029 of the predicted noise is left in and the
result is scaled by 1 / sqrt(1 + sigma^2). Models without a table of timesteps have no such level
and end clean.
"""

from collections.abc import Callable, Sequence

import torch

from .levels import Levels
from .lows import ancestral_low, ddim_low, lcm_low, tcd_low
from .noise import NoiseSampler
from .table import step_table
from .walk import Model, walk


def sample_ddim(
    model: Model,
    x: torch.Tensor,
    sigmas: torch.Tensor,
    extra_args: dict | None = None,
    callback: Callable[[dict], None] | None = None,
    disable: bool | None = None,
    noise_sampler: NoiseSampler | None = None,
    *,
    levels: Levels,
    finish: str = "clean",
) -> torch.Tensor:
    """Deterministic: straight to each next level, as Euler and as TCD at gamma 0."""
    table = step_table(sigmas.tolist(), levels, ddim_low, finish=finish)
    return walk(model, x, sigmas, table, extra_args, callback, disable, noise_sampler)


def sample_tcd(
    model: Model,
    x: torch.Tensor,
    sigmas: torch.Tensor,
    extra_args: dict | None = None,
    callback: Callable[[dict], None] | None = None,
    disable: bool | None = None,
    noise_sampler: NoiseSampler | None = None,
    *,
    levels: Levels,
    gamma: float = 0.3,
    s_noise: float = 1.0,
    finish: str = "clean",
    seeds: Sequence[int] | None = None,
) -> torch.Tensor:
    """Trajectory consistency: gamma 0 is DDIM, gamma 1 renews all noise at each step.

    Raises ValueError for a gamma outside 0..1, or between them on a model without timesteps.
    """
    low = tcd_low(levels, gamma)
    table = step_table(sigmas.tolist(), levels, low, s_noise=s_noise, finish=finish)
    return walk(model, x, sigmas, table, extra_args, callback, disable, noise_sampler, seeds)


def sample_lcm(
    model: Model,
    x: torch.Tensor,
    sigmas: torch.Tensor,
    extra_args: dict | None = None,
    callback: Callable[[dict], None] | None = None,
    disable: bool | None = None,
    noise_sampler: NoiseSampler | None = None,
    *,
    levels: Levels,
    s_noise: float = 1.0,
    seeds: Sequence[int] | None = None,
) -> torch.Tensor:
    """Latent consistency: down to the predicted image, then up with noise that is all new.

    The boundary weights of the paper (c_skip <= 7e-6, 1 - c_out <= 4e-6 at t >= 19) are left out.
    """
    table = step_table(sigmas.tolist(), levels, lcm_low, s_noise=s_noise)
    return walk(model, x, sigmas, table, extra_args, callback, disable, noise_sampler, seeds)


def sample_ancestral(
    model: Model,
    x: torch.Tensor,
    sigmas: torch.Tensor,
    extra_args: dict | None = None,
    callback: Callable[[dict], None] | None = None,
    disable: bool | None = None,
    noise_sampler: NoiseSampler | None = None,
    *,
    levels: Levels,
    seeds: Sequence[int] | None = None,
) -> torch.Tensor:
    """Euler that renews as much noise as a diffusion of that length adds: SDXL-Turbo, SD-Turbo."""
    table = step_table(sigmas.tolist(), levels, ancestral_low)
    return walk(model, x, sigmas, table, extra_args, callback, disable, noise_sampler, seeds)
