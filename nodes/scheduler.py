"""Timesteps as SIGMAS, for any model or for none."""

from comfy_api.v0_0_2 import io

from ..host.accelerator import recipe_for
from ..host.sampling.levels import schedule
from ..schedulers import IMG2IMG, SPACINGS, plan_timesteps, times_text
from .inputs import SCHEDULERS_CATEGORY, SEARCH_ALIASES, RecipeType, denoise_input

_TITLE = "Unified-step scheduler"
_FROM_RECIPE = "recipe"


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
                    options=[*SPACINGS, _FROM_RECIPE],
                    default=SPACINGS[0],
                    tooltip="grid: LCM, TCD, Hyper-SD unified, Flash. trailing: Hyper-SD N-step, "
                    "Lightning, Turbo, DMD2, PCM. leading: starts below the top, to compare. "
                    "listed: the timesteps you write below. recipe: as the recipe that comes with "
                    "the model says.",
                ),
                denoise_input(),
                io.String.Input(
                    "timesteps",
                    default="",
                    tooltip="For listed: timesteps from 999 down to 0 (999, 749, 499, 249), or "
                    "fractions of 1 (1.0, 0.75, 0.5, 0.25). Denoise keeps those below its start.",
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
            ],
            outputs=[
                io.Sigmas.Output(tooltip="Noise levels, for a SamplerCustom node."),
                io.String.Output(display_name="plan", tooltip="The timesteps in words."),
            ],
        )

    @classmethod
    def execute(cls, steps, spacing, denoise, timesteps, img2img, model=None, recipe=None):
        source = spacing
        notes = []
        if recipe is not None or spacing == _FROM_RECIPE:
            given = recipe_for(model, recipe, _TITLE)
            recipe = given.recipe
            spacing, timesteps = recipe.spacing, recipe.listed(steps)
            source = f"{spacing} (from {recipe.id})"
            notes = [*recipe.warnings(steps, recipe.cfg.default), *given.source, *given.warnings]
        times = plan_timesteps(steps, spacing, denoise, timesteps, img2img)
        sigmas = schedule(times, model)
        levels = " ".join(f"{sigma:.4g}" for sigma in sigmas.tolist())
        lines = [f"{source}: {times_text(times, denoise)}", f"sigma {levels}".rstrip(), *notes]
        return io.NodeOutput(sigmas, "\n".join(lines))
