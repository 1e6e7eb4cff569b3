"""What noise levels mean to a ComfyUI model, and SIGMAS made of timesteps."""

from collections.abc import Callable, Sequence
from typing import Any

import comfy.model_sampling
import torch

from ...recipes import Recipe
from ...samplers.levels import ContinuousLevels, FlowLevels, Levels, TableLevels
from ...schedulers import TRAINING_STEPS, Plan, Subject, needs_size, standard_sigma
from .size import tokens_of


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
    sigmas = model_sampling.sigmas.cpu().double().numpy()
    stride = (int(last) - int(first)) / max(1, len(sigmas) - 1)
    return TableLevels(sigmas, int(first), stride)


def levels_of(model: Any) -> Levels:
    """The levels of `model`, a patcher: read from it, so that patches by other nodes count."""
    return read_levels(model.get_model_object("model_sampling"))


def training_steps(model: Any | None) -> int:
    """How many timesteps `model`, a patcher, was trained on; 1000 for models without a table."""
    if model is None or not isinstance(levels_of(model), TableLevels):
        return TRAINING_STEPS
    sampling = model.get_model_object("model_sampling")
    return int(getattr(sampling, "num_timesteps", TRAINING_STEPS))


def subject_of(
    model: Any | None, recipe: Recipe | None = None, latent: dict | None = None
) -> Subject:
    """What a schedule depends on: of `model`, a patcher, and the size of the LATENT.

    The latent is read only where the recipe's shift depends on its size.
    """
    if model is None:
        return Subject()
    sized = recipe is not None and latent is not None and needs_size(recipe.shift)
    tokens = tokens_of(model, latent) if sized else None
    flow = isinstance(levels_of(model), FlowLevels)
    return Subject(flow, level_of(model), training_steps(model), tokens)


def sigmas_of(plan: Plan) -> torch.Tensor:
    """SIGMAS of a plan: steps + 1 levels, the last one 0; none without steps."""
    return torch.tensor([*plan.levels, *[0.0] * bool(plan.levels)])


def schedule(times: Sequence[float], model: Any | None = None) -> torch.Tensor:
    """SIGMAS for timesteps 0..999, ending at 0: from the model, or Stable Diffusion's table."""
    sigma_of = standard_sigma if model is None else level_of(model)
    return sigmas_of(Plan(list(times), [sigma_of(time) for time in times]))


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


def curve_of(model: Any | None) -> list[float]:
    """Levels of timesteps 0 and up, to the model's highest; without one Stable Diffusion's."""
    sigma_of = standard_sigma if model is None else level_of(model)
    levels = [sigma_of(time) for time in range(training_steps(model))]
    # A model that starts lower has the same level from there on.
    return levels[: levels.index(max(levels)) + 1]
