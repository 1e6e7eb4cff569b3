"""Samplers of ComfyUI by name, as its own objects, with step noise that belongs to the image."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import comfy.k_diffusion.sampling as k_diffusion
import comfy.samplers
import torch

from ...samplers.noise import level_noise
from .sound import with_own_levels

_NOISE = "noise_sampler"


def host_sampler(
    name: str, options: Mapping[str, Any], seeds: Sequence[int] | None = None
) -> comfy.samplers.KSAMPLER:
    """ComfyUI's SAMPLER of this name with these options of its function.

    Where the function takes a noise sampler and `seeds` are given, image k draws from seeds[k].
    Raises ValueError for a name or an option that this ComfyUI does not have.
    """
    if name not in comfy.samplers.KSampler.SAMPLERS:
        raise ValueError(
            f"The recipe samples with ComfyUI's {name}, which this ComfyUI does not have. Update "
            "ComfyUI, or choose another sampler in a recipe of your own."
        )
    sampler = comfy.samplers.sampler_object(name)
    takes = inspect.signature(sampler.sampler_function).parameters
    for option in options:
        if option not in takes:
            raise ValueError(
                f"The recipe sets {option} of ComfyUI's {name}, which has no such option here. "
                "Update ComfyUI, or leave it out in a recipe of your own."
            )
    sampler.extra_options = {**sampler.extra_options, **options}
    if seeds is not None and _NOISE in takes:
        sampler.sampler_function = _by_image(sampler.sampler_function, seeds)
    sampler.sampler_function = with_own_levels(sampler.sampler_function)
    return sampler


def _by_image(sample: Callable, seeds: Sequence[int]) -> Callable:
    """The sampler's function, which draws the noise of each image from its own seed."""

    @functools.wraps(sample)
    def run(model: Any, x: torch.Tensor, sigmas: torch.Tensor, *args: Any, **knobs: Any) -> Any:
        if len(seeds) == len(x):
            knobs.setdefault(_NOISE, _noise_of(sample, x, sigmas, seeds))
        return sample(model, x, sigmas, *args, **knobs)

    return run


def _noise_of(
    sample: Callable, x: torch.Tensor, sigmas: torch.Tensor, seeds: Sequence[int]
) -> Callable:
    """Samplers of stochastic equations draw from one path a picture, the others anew each time."""
    falling = sigmas[sigmas > 0]
    if "dpmpp" in sample.__name__ and "sde" in sample.__name__ and len(falling):
        return k_diffusion.BrownianTreeNoiseSampler(
            x, falling.min(), sigmas.max(), seed=list(seeds), cpu=True
        )
    return level_noise(x, seeds)
