"""Makes a model what its recipe says it is, so that any sampler node starts and steps it right.

A one-step model was trained on noise of unit variance at some t, such as 800. The host gives that
to the highest level of a model alone: x = sqrt(1 + sigma^2) * noise, divided by the same before the
network. So the table of levels is cut off at t, and every scheduler starts there.
"""

import math
from typing import Any

import comfy.model_sampling as host
import comfy.patcher_extension
import torch

from ...recipes import Recipe
from ...samplers.levels import TableLevels
from ...schedulers import TRAINING_STEPS
from ..sampling.levels import read_levels

_KEY = "fewstep_timestep_shift"
_PREDICTIONS = {"x0": host.X0, "v": host.V_PREDICTION}


def prepare(model: Any, recipe: Recipe, name: str) -> tuple[Any, list[str]]:
    """A clone of `model`, a patcher, as the recipe has it, and what was set, in words.

    Raises ValueError where the model has no table of timesteps and the recipe needs one. "eps" in
    a recipe leaves what the host read in the file: v-prediction and zero terminal SNR are there.
    """
    kind = _PREDICTIONS.get(recipe.prediction)
    cut = recipe.start < TRAINING_STEPS - 1
    if recipe.prediction == "flow" or not (kind or cut or recipe.timestep_shift):
        return model, []
    current = model.get_model_object("model_sampling")
    levels = read_levels(current)
    if not isinstance(levels, TableLevels):
        raise ValueError(
            f"{name} has continuous noise levels, and the recipe {recipe.id} is for a model with a "
            "table of timesteps. Choose another recipe."
        )
    patched = model.clone()
    made = _sampling(type(current), kind, recipe.timestep_shift)(model.model.model_config)
    made.set_sigmas(_cut(levels, recipe.start))
    patched.add_object_patch("model_sampling", made)
    if recipe.timestep_shift:
        _show_shifted(patched, recipe.timestep_shift)
    return patched, _told(recipe, kind, cut)


def _cut(levels: TableLevels, start: float) -> torch.Tensor:
    """The levels up to timestep `start`, ascending; its lower neighbour where it is not whole."""
    return torch.tensor(levels.sigmas[: math.floor(start) + 1], dtype=torch.float32)


def _sampling(current: type, prediction: type | None, shift: int | None) -> type:
    """A class of `model_sampling`: the model's own, or with what the recipe says otherwise."""
    if prediction:

        class Predicting(host.ModelSamplingDiscrete, prediction):
            pass

        current = Predicting
    if not shift:
        return current

    class Shifted(current):
        """The network sees x of unit variance at timestep t' = floor(t * shift / 1000).

        Its answer is about the level of t', so the picture is what that level makes of the same x
        (NitroFusion; its own node computes the same).
        """

        def calculate_denoised(self, sigma, model_output, model_input):
            unit = self.calculate_input(sigma, model_input)
            shown = self.sigma(shown_timestep(self.timestep(sigma), shift))
            scale = (1 + shown**2).sqrt().reshape(-1, *[1] * (unit.ndim - 1))
            return super().calculate_denoised(shown, model_output, unit * scale)

    return Shifted


def shown_timestep(timestep: torch.Tensor, shift: int) -> torch.Tensor:
    return torch.div(timestep * shift, TRAINING_STEPS, rounding_mode="floor")


def _show_shifted(model: Any, shift: int) -> None:
    """The network alone is shown the shifted timesteps; schedulers and samplers keep theirs."""

    def shifted(network, x, timesteps, *args, **kwargs):
        return network(x, shown_timestep(timesteps, shift), *args, **kwargs)

    kind = comfy.patcher_extension.WrappersMP.DIFFUSION_MODEL
    model.add_wrapper_with_key(kind, _KEY, shifted)


def _told(recipe: Recipe, kind: type | None, cut: bool) -> list[str]:
    told = []
    if cut:
        told.append(
            f"starts at t = {math.floor(recipe.start)} with noise of unit variance, in any sampler"
        )
    if kind:
        told.append(f"predicts {recipe.prediction}")
    if recipe.timestep_shift:
        told.append(f"is shown timestep floor(t * {recipe.timestep_shift} / 1000)")
    return [f"The model {', '.join(told)}."]
