"""GUIDERs of ComfyUI that change from step to step."""

from collections.abc import Sequence
from typing import Any

import comfy.samplers
import torch

from ...schedulers import strength_at

Conditions = tuple[Any, Any]


class StepGuider(comfy.samplers.CFGGuider):
    """CFG by step, counted by each level's place in a run through `sigmas`.

    The host asks the model once in a step with CFG 1.
    """

    def set_steps(self, cfgs: Sequence[float], sigmas: Sequence[float]) -> None:
        """`cfgs` has one number a step, the last repeats; `sigmas` are steps + 1 levels."""
        self._cfgs, self._sigmas = tuple(cfgs), tuple(sigmas)
        self.set_cfg(self._cfgs[0])

    def cfg_at(self, sigma: float) -> float:
        return strength_at(sigma, self._sigmas, self._cfgs)

    def predict_noise(
        self, x: torch.Tensor, timestep: torch.Tensor, *args: Any, **kwargs: Any
    ) -> torch.Tensor:
        # Reading a level waits for the device, so not for one CFG.
        if len(self._cfgs) > 1:
            self.set_cfg(self.cfg_at(float(timestep.max())))
        return super().predict_noise(x, timestep, *args, **kwargs)


def cfg_at(guider: Any, sigma: float) -> float:
    """CFG of the step at this level; other GUIDERs of the host have one for all."""
    if isinstance(guider, StepGuider):
        return guider.cfg_at(sigma)
    return float(getattr(guider, "cfg", 1.0))


def guider_of(
    model: Any, conditions: Conditions, cfgs: Sequence[float], sigmas: Sequence[float]
) -> StepGuider:
    """The GUIDER of `model`, a patcher, with the positive and the negative condition."""
    guider = StepGuider(model)
    guider.set_conds(*conditions)
    guider.set_steps(cfgs, sigmas)
    return guider
