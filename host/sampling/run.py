"""Sampling with a recipe: what Few-step KSampler and each picture of a comparison do."""

from typing import Any

import comfy.samplers
from comfy_extras.nodes_custom_sampler import Noise_RandomNoise, SamplerCustomAdvanced

from ...recipes import Recipe, RunSettings
from .levels import sigmas_of
from .noise import ImageNoise, keep_unmasked, latent_seeds
from .samplers import recipe_sampler
from .sound import with_shifts

PER_IMAGE, COMFYUI = BATCH_SEEDS = ("seed + index", "ComfyUI")


def sample(
    model: Any,
    conditions: tuple[Any, Any],
    latent: dict,
    recipe: Recipe,
    settings: RunSettings,
    seed: int,
    batch_seeds: str = PER_IMAGE,
) -> dict:
    """The sampled LATENT; `conditions` are the positive and the negative one."""
    noise = ImageNoise(seed) if batch_seeds == PER_IMAGE else Noise_RandomNoise(seed)
    result = SamplerCustomAdvanced.execute(
        noise,
        guider_of(with_shifts(model, recipe), conditions, settings.cfg),
        recipe_sampler(recipe, latent_seeds(seed, latent)),
        sigmas_of(settings.plan),
        latent,
    )
    return keep_unmasked(latent, result[0])


def guider_of(model: Any, conditions: tuple[Any, Any], cfg: float) -> comfy.samplers.CFGGuider:
    guider = comfy.samplers.CFGGuider(model)
    guider.set_conds(*conditions)
    guider.set_cfg(cfg)
    return guider
