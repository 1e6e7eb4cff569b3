"""The one file that knows ComfyUI's sampling internals."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import comfy.k_diffusion.sampling
import comfy.model_sampling
import comfy.nested_tensor
import comfy.samplers
import comfy.utils
import torch

from .. import samplers
from ..recipes import Recipe
from ..samplers import ContinuousLevels, FlowLevels, Levels, TableLevels, first_noise, image_seeds
from ..schedulers import standard_sigma


def read_levels(model_sampling: Any) -> Levels:
    """What noise levels mean to a model with this `model_sampling` object."""
    if isinstance(model_sampling, comfy.model_sampling.CONST):
        # ComfyUI before 0.30 has no noise_scale.
        return FlowLevels(noise_scale=getattr(model_sampling, "noise_scale", 1.0))
    first = model_sampling.timestep(model_sampling.sigma_min)
    # Only a table of timesteps answers with whole numbers; that holds for patched classes too.
    if first.is_floating_point():
        return ContinuousLevels()
    last = model_sampling.timestep(model_sampling.sigma_max)
    sigmas = model_sampling.sigmas.double().cpu().numpy()
    stride = (int(last) - int(first)) / max(1, len(sigmas) - 1)
    return TableLevels(sigmas, int(first), stride)


def schedule(times: Sequence[float], model: Any | None = None) -> torch.Tensor:
    """SIGMAS for timesteps 0..999, ending at 0: from the model, or Stable Diffusion's table."""
    sigma_of = standard_sigma if model is None else level_of(model)
    return torch.tensor([sigma_of(time) for time in times] + [0.0] * bool(times))


def level_of(model: Any) -> Callable[[float], float]:
    """The model's noise level of a timestep 0..999."""
    model_sampling = model.get_model_object("model_sampling")
    levels = read_levels(model_sampling)
    if isinstance(levels, TableLevels):
        return levels.sigma

    def sigma_of(time: float) -> float:
        share = (time + 1) / 1000
        # percent_to_sigma(0) is a stand-in for infinity, not the level where sampling starts.
        if share == 1:
            return float(model_sampling.sigma_max)
        return float(model_sampling.percent_to_sigma(1 - share))

    return sigma_of


def _for_host(sample: Callable) -> Callable:
    """The sampler as ComfyUI calls it, with levels read from the patcher so that patches count."""

    @functools.wraps(sample)
    def run(model, x, sigmas, *args, **knobs):
        patcher = model.inner_model.model_patcher
        levels = read_levels(patcher.get_model_object("model_sampling"))
        return sample(model, x, sigmas, *args, levels=levels, **knobs)

    return run


sample_tcd = _for_host(samplers.sample_tcd)
sample_lcm = _for_host(samplers.sample_lcm)
sample_ddim = _for_host(samplers.sample_ddim)
sample_ancestral = _for_host(samplers.sample_ancestral)


def tcd(gamma: float, **knobs: Any) -> comfy.samplers.KSAMPLER:
    return comfy.samplers.KSAMPLER(sample_tcd, {"gamma": gamma, **knobs})


def lcm(**knobs: Any) -> comfy.samplers.KSAMPLER:
    return comfy.samplers.KSAMPLER(sample_lcm, knobs)


def ddim(**knobs: Any) -> comfy.samplers.KSAMPLER:
    return comfy.samplers.KSAMPLER(sample_ddim, knobs)


def recipe_sampler(recipe: Recipe, seeds: Sequence[int] | None = None) -> comfy.samplers.KSAMPLER:
    """The recipe's sampler as a SAMPLER, drawing step noise from `seeds` if given."""
    if recipe.sampler == "ddim":
        return ddim()
    if recipe.sampler == "lcm":
        return lcm(seeds=seeds)
    if recipe.sampler == "ancestral":
        return comfy.samplers.KSAMPLER(sample_ancestral, {"seeds": seeds})
    return tcd(recipe.gamma, seeds=seeds)


class ImageNoise:
    """NOISE that gives image k the initial noise a single image has with seed + k."""

    def __init__(self, seed: int):
        self.seed = seed

    def generate_noise(self, latent: dict) -> torch.Tensor:
        samples = latent["samples"]
        seeds = latent_seeds(self.seed, latent)
        if not samples.is_nested:
            return first_noise(samples.shape, seeds).to(samples.dtype)
        parts = samples.unbind()
        return comfy.nested_tensor.NestedTensor(
            [first_noise(part.shape, seeds).to(part.dtype) for part in parts]
        )


def latent_seeds(seed: int, latent: dict) -> list[int]:
    """Seed of each image of a LATENT, which keeps its place in the batch it was taken from."""
    samples = latent["samples"]
    count = len(samples.unbind()[0]) if samples.is_nested else len(samples)
    return image_seeds(seed, latent.get("batch_index") or range(count))


def keep_unmasked(latent: dict, sampled: dict) -> dict:
    """The sampled LATENT with what the noise mask of `latent` protects put back bit for bit.

    The host divides by the model's latent scale what it has multiplied by it, which changes the
    last bit of some numbers.
    """
    before, after = latent["samples"], sampled["samples"]
    if "noise_mask" not in latent or after.is_nested or before.shape != after.shape:
        return sampled
    mask = comfy.utils.reshape_mask(latent["noise_mask"], after.shape).to(after.device)
    return {**sampled, "samples": torch.where(mask == 0, before.to(after), after)}


def add_to_dropdown() -> None:
    """Add fewstep_tcd and fewstep_lcm to KSampler's list, unless the names are taken."""
    # One list in the host, two where another pack has put a copy in place of the second.
    lists = comfy.samplers.SAMPLER_NAMES, comfy.samplers.KSampler.SAMPLERS
    for name, sample in (("fewstep_tcd", sample_tcd), ("fewstep_lcm", sample_lcm)):
        attribute = f"sample_{name}"
        if hasattr(comfy.k_diffusion.sampling, attribute) or any(name in names for names in lists):
            continue
        setattr(comfy.k_diffusion.sampling, attribute, sample)
        for names in lists:
            if name not in names:
                names.append(name)
