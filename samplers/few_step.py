"""The samplers of the registry as functions, each an ordinary k-diffusion sampler:

    SAMPLE["tcd"](model, x, sigmas, extra_args, callback, disable, noise_sampler,
                  levels=levels, gamma=0.3)

`model(x, sigma, **extra_args)` returns the predicted image; `x` is B C ..., noised to `sigmas[0]`;
`sigmas` holds steps + 1 levels and ends at 0. `levels` says what a level means to the model. The
result has the shape of `x`.

`noise_sampler(sigma, sigma_next)`, if given, is called once for each step that needs noise.
Otherwise image k of the batch draws from seed + k, or from `seeds[k]` (see `noise.py`).

LCM leaves out the paper's boundary weights (c_skip <= 7e-6, 1 - c_out <= 4e-6 at t >= 19).
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch

from .levels import Levels
from .noise import NoiseSampler
from .registry import SAMPLERS, Sampler
from .table import step_table
from .walk import Model, walk


class Knobs(NamedTuple):
    """What can be set on samplers, with the value it has where nobody sets it.

    `gamma` 0 is DDIM, 1 renews all noise at each step; `s_noise` scales the noise of each step.

    `finish` "clean" ends on the predicted image. "diffusers" ends where diffusers' TCDScheduler
    and DDIMScheduler do, at t = 0: sigma 0.029 of the predicted noise is left in and the result is
    scaled by 1 / sqrt(1 + sigma^2). Models without a table of timesteps have no such level and end
    clean.
    """

    gamma: float = 0.3
    s_noise: float = 1.0
    finish: str = "clean"
    seeds: Sequence[int] | None = None


def k_diffusion_sampler(sampler: Sampler) -> Callable[..., torch.Tensor]:
    """The function that samples as the registry's entry says."""

    def sample(
        model: Model,
        x: torch.Tensor,
        sigmas: torch.Tensor,
        extra_args: dict | None = None,
        callback: Callable[[dict], None] | None = None,
        disable: bool | None = None,
        noise_sampler: NoiseSampler | None = None,
        *,
        levels: Levels,
        **knobs: Any,
    ) -> torch.Tensor:
        gamma, s_noise, finish, seeds = knobs_of(sampler, knobs)
        low = sampler.low(levels, gamma)
        table = step_table(sigmas.tolist(), levels, low, s_noise=s_noise, finish=finish)
        return walk(model, x, sigmas, table, extra_args, callback, disable, noise_sampler, seeds)

    sample.__name__ = sample.__qualname__ = f"sample_{sampler.name}"
    sample.__doc__ = f"{sampler.name}; its knobs: {', '.join(sampler.knobs)}."
    return sample


def knobs_of(sampler: Sampler, given: dict[str, Any]) -> Knobs:
    """All knobs, those given and those left alone. Raises TypeError for one the sampler lacks."""
    for name in given:
        if name not in sampler.knobs:
            raise TypeError(f"The sampler {sampler.name} has no {name}: leave it out.")
    return Knobs(**given)


SAMPLE = {name: k_diffusion_sampler(sampler) for name, sampler in SAMPLERS.items()}
