"""Timesteps as SIGMAS, for any model or for none."""

from comfy_api.v0_0_2 import io

from ..host.accelerator import recipe_for
from ..host.sampling.levels import sigmas_of, subject_of
from ..host.sampling.sound import shift_warnings
from ..recipes import plan_lines, recipe_plan
from ..schedulers import (
    IMG2IMG,
    SPACINGS,
    Grid,
    Plan,
    Subject,
    levels_text,
    parse_levels,
    plan_levels,
    plan_text,
)
from .inputs import (
    SCHEDULERS_CATEGORY,
    SEARCH_ALIASES,
    RecipeType,
    denoise_input,
    latent_size_input,
    shift_input,
)

_TITLE = "Unified-step scheduler"
_FROM_RECIPE, _LEVELS = "recipe", "sigmas"


class FewStepScheduler(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepScheduler",
            display_name=_TITLE,
            category=SCHEDULERS_CATEGORY,
            description="The exact timesteps a few-step model was trained on, at any denoise.",
            search_aliases=[*SEARCH_ALIASES, "timesteps", "trailing", "sgm_uniform", "simple"],
            inputs=[
                io.Int.Input(
                    "steps",
                    default=4,
                    min=1,
                    max=50,
                    display_mode=io.NumberDisplay.slider,
                    tooltip="Number of steps, 1 to 50. If the file's name has a number "
                    "of steps, use that one. A list of timesteps sets its own number.",
                ),
                io.Combo.Input(
                    "spacing",
                    options=[*SPACINGS, _FROM_RECIPE, _LEVELS],
                    default=SPACINGS[0],
                    tooltip="grid: LCM, TCD, Hyper-SD unified, Flash. trailing: Hyper-SD N-step, "
                    "Lightning, Turbo, DMD2, PCM. leading: starts below the top, to compare. "
                    "listed: the timesteps you write below. recipe: as the recipe that comes with "
                    "the model says. sigmas: the noise levels you write below.",
                ),
                denoise_input(),
                io.String.Input(
                    "timesteps",
                    default="",
                    tooltip="For listed: timesteps from 999 down to 0 (999, 749, 499, 249), or "
                    "fractions of 1 (1.0, 0.75, 0.5, 0.25). For sigmas: falling noise levels (1, "
                    "0.9375, 0.725), used as they stand. Denoise keeps those below its start.",
                ),
                io.Combo.Input(
                    "img2img",
                    options=list(IMG2IMG),
                    default=IMG2IMG[0],
                    advanced=True,
                    tooltip="With denoise below 1. keep steps: the same number, spread below the "
                    "start. keep trained timesteps: only those of the full schedule that lie below "
                    "it, for models trained on a few fixed timesteps.",
                ),
                io.Model.Input(
                    "model",
                    optional=True,
                    tooltip="The model to sample. Leave empty for SD 1.x, 2.x and SDXL; connect it "
                    "for any other, and for models patched with a shift or zero terminal SNR.",
                ),
                RecipeType.Input(
                    "recipe",
                    optional=True,
                    tooltip="Replaces spacing and timesteps; steps and denoise still count. Not "
                    "needed for the recipe that comes with the model: choose the spacing recipe.",
                ),
                shift_input(
                    "Shift of a flow model's levels, such as 3 for SD3 or 5 for Wan; 0 is the "
                    "recipe's, or else the model's own. The model needs no node that patches one.",
                ),
                latent_size_input(),
            ],
            outputs=[
                io.Sigmas.Output(tooltip="Noise levels, for a SamplerCustom node."),
                io.String.Output(display_name="plan", tooltip="The timesteps in words."),
            ],
        )

    @classmethod
    def execute(
        cls,
        steps,
        spacing,
        denoise,
        timesteps,
        img2img,
        model=None,
        recipe=None,
        shift=0.0,
        latent=None,
    ):
        if recipe is None and spacing != _FROM_RECIPE:
            subject = subject_of(model)
            grid = _grid(spacing, timesteps, shift, subject)
            plan = plan_levels(grid, steps, denoise, subject, img2img)
            lines = [_levels_line(plan, subject)]
        else:
            given = recipe_for(model, recipe, _TITLE)
            wanted = given.recipe.changed(0, 0, -1, -1, shift)
            subject = subject_of(model, wanted, latent)
            plan = recipe_plan(wanted, steps, denoise, subject, img2img)
            spacing = f"{wanted.spacing} (from {wanted.id})"
            whose = "this node" if shift else "the recipe"
            lines = [
                *(plan_lines(plan, wanted, whose, subject) or [_levels_line(plan, subject)]),
                *([f"The recipe says {given.recipe.schedule_text}."] if shift else []),
                *wanted.warnings(steps, wanted.cfg.default),
                *given.source,
                *(shift_warnings(model, wanted) if model else []),
                *given.warnings,
            ]
        text = [f"{spacing}: {plan_text(plan, denoise)}", *lines]
        return io.NodeOutput(sigmas_of(plan), "\n".join(text))


def _grid(spacing: str, listed: str, shift: float, subject: Subject) -> Grid:
    if spacing != _LEVELS:
        return Grid(spacing, listed, shift=shift or None)
    if shift:
        raise ValueError("Levels of the spacing sigmas stand as they are. Set shift to 0.")
    levels = parse_levels(listed)
    if subject.flow and levels[0] > 1:
        raise ValueError(
            f"Level {levels[0]:g} is above 1, where the levels of this flow model begin. Write "
            "levels from 1 to 0."
        )
    return Grid("listed", sigmas=levels)


def _levels_line(plan: Plan, subject: Subject) -> str:
    if plan.shift:
        return levels_text(plan, "this node", subject.own_shift)
    return " ".join(["sigma", *(f"{level:.4g}" for level in sigmas_of(plan).tolist())])
