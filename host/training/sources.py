"""Which of what is connected a run learns from, and whether the paths are those of its teacher."""

from collections.abc import Sequence

from ...distil import LOSSES
from .asked import Asked, Given, Stage

# Steps that a unified LoRA is taught with: all of its numbers are cuts of these.
_UNIFIED = 8


def on_paths(stages: Sequence[Stage], given: Given) -> bool:
    """Whether a stage learns from the paths, and not only from their prompts."""
    # The discriminator's distance is to the paths, also where pictures are connected.
    return given.paths is not None and any(
        LOSSES[one.loss].needs == "paths"
        or (LOSSES[one.loss].needs == "images" and given.latents is None)
        or one.loss == "adversarial"
        for one in stages
    )


def on_pictures(stages: Sequence[Stage], given: Given) -> bool:
    """Whether a stage learns from a person's own pictures."""
    needs = {LOSSES[one.loss].needs for one in stages}
    return given.latents is not None and "images" in needs


def check_paths(asked: Asked, given: Given, stages: Sequence[Stage], teacher: str) -> None:
    """Raises ValueError for paths of another teacher than this run's, or of too few steps."""
    if not on_paths(stages, given):
        return
    paths = given.paths
    if paths.teacher != teacher:
        raise ValueError(
            "The paths were drawn by another model than this one. Connect the same model to both "
            "nodes, with the same LoRAs on it and in the same type, or draw paths with this one."
        )
    if paths.asked.cfg != asked.cfg:
        raise ValueError(
            f"The paths were drawn at CFG {paths.asked.cfg:g}, and cfg is {asked.cfg:g}. Set cfg "
            "to that of the paths, or draw others under a new name."
        )
    if asked.cfg != 1 and paths.asked.negative != asked.negative:
        raise ValueError(
            f"The paths were drawn with the negative prompt {paths.asked.negative!r}, and negative "
            f"is {asked.negative!r}. Set it to that of the paths, or draw others under a new name."
        )
    steps = len(paths.times) - 1
    if steps < (asked.target_steps or _UNIFIED):
        raise ValueError(
            f"The paths have {steps} steps, which is too few for a LoRA of "
            f"{asked.target_steps or '1 to 8'} steps. Draw paths of 8 steps under a new name."
        )
