"""Ties a ControlNet or a conditioning to the steps of SIGMAS.

ComfyUI knows ranges as percents, which each model turns into noise levels in its own way: before
sampling it writes `timestep_range`, or `timestep_start` and `timestep_end`, which are levels. The
levels are known from SIGMAS, so here they are given as such.
"""

from collections.abc import Callable
from typing import Any

import torch
from comfy_extras.nodes_controlnet import ControlNetInpaintingAliMamaApply

LevelRange = tuple[float, float]
_HALVINGS = 60


def apply_control(
    conditions: tuple[list, list],
    control_net: Any,
    image: torch.Tensor,
    strength: float,
    levels: LevelRange,
    *,
    vae: Any | None = None,
    model: Any | None = None,
    mask: torch.Tensor | None = None,
) -> tuple[list, list]:
    """Both conditions with a ControlNet that works at these levels alone; `image` is B H W C."""
    start, end = percents(model, levels) if model else (0.0, 1.0)
    if mask is None:
        mask = image.new_zeros(1, *image.shape[1:3])
    applied = ControlNetInpaintingAliMamaApply.execute(
        *conditions, control_net, vae, image, mask, strength, start, end
    ).result
    # Both prompts share one object, each a copy that the call above made.
    made = {id(extra["control"]): extra["control"] for c in applied for _, extra in c}
    for control in made.values():
        limit_control(control, levels)
    return applied


def limit_control(control: Any, levels: LevelRange) -> Any:
    """Keeps this CONTROL_NET, and copies of it, to noise levels from the first down to the second.

    Only the object is changed, which must be a copy of one's own; those chained before it keep
    their ranges. Its methods are wrapped in place, since other packs wrap theirs that way too.
    """
    pre_run, copy = control.pre_run, control.copy

    def pre_run_in_range(model: Any, percent_to_sigma: Callable[[float], float]) -> None:
        pre_run(model, percent_to_sigma)
        control.timestep_range = levels

    # The host copies it for each further GPU.
    control.copy = lambda: limit_control(copy(), levels)
    control.pre_run = pre_run_in_range
    return control


def limit_conditioning(conditioning: list, levels: LevelRange) -> list:
    """A CONDITIONING that counts at these levels alone, in place of a range it has.

    Raises ValueError for a prompt scheduled by hooks, whose ranges the host computes itself.
    """
    if any("clip_start_percent" in extra for _, extra in conditioning):
        raise ValueError(
            "This conditioning is scheduled by hooks, which have ranges of their own. Connect one "
            "that is encoded without a schedule."
        )
    new = {"timestep_start": levels[0], "timestep_end": levels[1]}
    replaced = ("start_percent", "end_percent")
    return [
        [encoded, {key: value for key, value in extra.items() if key not in replaced} | new]
        for encoded, extra in conditioning
    ]


def percents(model: Any, levels: LevelRange) -> tuple[float, float]:
    """The range as percents of this model, for a CONTROL_NET that reads those.

    As near as the model's own `percent_to_sigma` comes, from the side that keeps the range whole.
    """
    percent_to_sigma = model.get_model_object("model_sampling").percent_to_sigma
    return _around(percent_to_sigma, levels[0])[0], _around(percent_to_sigma, levels[1])[1]


def _around(percent_to_sigma: Callable[[float], float], level: float) -> tuple[float, float]:
    """Neighbouring percents: above the level, and at or below it. Percents fall as levels rise."""
    above, below = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (above + below) / 2
        if float(percent_to_sigma(middle)) > level:
            above = middle
        else:
            below = middle
    return above, below
