"""Sampling with a recipe: what Few-step KSampler and each picture of a comparison do."""

from typing import Any

from comfy_extras.nodes_custom_sampler import Noise_RandomNoise, SamplerCustomAdvanced

from ...recipes import Recipe, RunSettings
from .guiders import Conditions, StepGuider, guider_of
from .levels import sigmas_of
from .noise import ImageNoise, keep_unmasked, latent_seeds
from .samplers import recipe_sampler
from .sound import with_shifts

PER_IMAGE, COMFYUI = BATCH_SEEDS = ("seed + index", "ComfyUI")


def sample(
    guider: Any,
    latent: dict,
    recipe: Recipe,
    settings: RunSettings,
    seed: int,
    batch_seeds: str = PER_IMAGE,
) -> dict:
    """The LATENT that `guider` samples with a recipe."""
    noise = ImageNoise(seed) if batch_seeds == PER_IMAGE else Noise_RandomNoise(seed)
    result = SamplerCustomAdvanced.execute(
        noise,
        guider,
        recipe_sampler(recipe, latent_seeds(seed, latent)),
        sigmas_of(settings.plan),
        latent,
    )
    return keep_unmasked(latent, result[0])


def guider_for(
    model: Any, conditions: Conditions, recipe: Recipe, settings: RunSettings
) -> StepGuider:
    """The GUIDER of a run; `conditions` are the positive and the negative one."""
    shifted = with_shifts(model, recipe)
    return guider_of(shifted, conditions, settings.cfgs, [*settings.levels, 0.0])
