"""The registry's samplers as ComfyUI's SAMPLER."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import comfy.k_diffusion.sampling
import comfy.samplers

from ...recipes import Recipe
from ...samplers import SAMPLERS
from ...samplers.few_step import SAMPLE
from .host_samplers import host_sampler
from .levels import levels_of
from .sound import with_own_levels

# The samplers that KSampler's list gets where a person asks for them.
_IN_DROPDOWN = ("tcd", "lcm")


def _for_host(sample: Callable) -> Callable:
    """The sampler as ComfyUI calls it, with levels read from the patcher so that patches count."""

    @functools.wraps(sample)
    def run(model, x, sigmas, *args, **knobs):
        levels = levels_of(model.inner_model.model_patcher)
        return sample(model, x, sigmas, *args, levels=levels, **knobs)

    return with_own_levels(run)


HOST_SAMPLE = {name: _for_host(sample) for name, sample in SAMPLE.items()}


def make_sampler(name: str, **knobs: Any) -> comfy.samplers.KSAMPLER:
    """SAMPLER of the registry's entry with this name; the knobs that entry has, where given."""
    return comfy.samplers.KSAMPLER(HOST_SAMPLE[name], knobs)


def recipe_sampler(recipe: Recipe, seeds: Sequence[int] | None = None) -> comfy.samplers.KSAMPLER:
    """The recipe's sampler as a SAMPLER, drawing step noise from `seeds` if given.

    Raises ValueError for a sampler of ComfyUI that is not in this one.
    """
    if recipe.host_sampler:
        return host_sampler(recipe.host_sampler, recipe.sampler_options, seeds)
    knobs = {"gamma": recipe.gamma, "seeds": seeds}
    known = SAMPLERS[recipe.sampler].knobs
    return make_sampler(recipe.sampler, **{name: knobs[name] for name in knobs if name in known})


def add_to_dropdown() -> None:
    """Add fewstep_tcd and fewstep_lcm to KSampler's list, unless the names are taken."""
    # One list in the host, two where another pack has put a copy in place of the second.
    lists = comfy.samplers.SAMPLER_NAMES, comfy.samplers.KSampler.SAMPLERS
    for sampler in _IN_DROPDOWN:
        name, attribute = f"fewstep_{sampler}", f"sample_fewstep_{sampler}"
        if hasattr(comfy.k_diffusion.sampling, attribute) or any(name in names for names in lists):
            continue
        setattr(comfy.k_diffusion.sampling, attribute, HOST_SAMPLE[sampler])
        for names in lists:
            if name not in names:
                names.append(name)
