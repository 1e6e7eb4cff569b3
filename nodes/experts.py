"""The KSampler of models with two experts: one for high noise, one for low."""

from comfy_api.v0_0_2 import io

from ..host.pair import boundary_of, pair_recipe
from ..host.sampling.experts import experts_guider
from ..host.sampling.guidance import with_guidance
from ..host.sampling.levels import subject_of
from ..host.sampling.run import sample
from ..host.sampling.sound import with_shifts
from ..recipes import run_settings
from ..schedulers import high_steps
from .inputs import (
    RecipeType,
    batch_seeds_input,
    cfgs_input,
    denoise_input,
    recipe_cfg_input,
    recipe_steps_input,
    seed_input,
)

_TITLE = "Few-step KSampler, two experts"


class FewStepExperts(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepExperts",
            display_name=_TITLE,
            category="model/sampling",
            description="Samples Wan 2.2 and its kin in one run: the high-noise model down to the "
            "level of the recipe, the low-noise model from there on. The text says how many steps "
            "each has.",
            search_aliases=["ksampler", "wan 2.2", "moe", "high noise", "low noise", "few step"],
            inputs=[
                io.Model.Input(
                    "high_model",
                    tooltip="The high-noise model, with its acceleration LoRA. Its recipe is used "
                    "for the whole run.",
                ),
                io.Model.Input(
                    "low_model", tooltip="The low-noise model, with its acceleration LoRA."
                ),
                io.Conditioning.Input("positive", tooltip="What the video should show."),
                io.Conditioning.Input(
                    "negative", tooltip="What it should not show. No effect in steps with CFG 1."
                ),
                io.Latent.Input("latent_image", tooltip="An empty latent, or a video to work on."),
                seed_input("seed", "The same seed and settings make the same video."),
                recipe_steps_input(),
                recipe_cfg_input(),
                denoise_input(),
                io.Float.Input(
                    "boundary",
                    display_name="boundary (0 = recipe)",
                    default=0.0,
                    min=0.0,
                    max=1.0,
                    step=0.001,
                    round=0.0001,
                    tooltip="The noise level the models change at; 0 is the recipe's own. A step "
                    "that begins at or above it is the high-noise model's. Wan 2.2: 0.875 for text "
                    "to video, 0.9 for image to video.",
                ),
                batch_seeds_input(),
                cfgs_input(),
                RecipeType.Input(
                    "recipe",
                    optional=True,
                    tooltip="Not needed after one of our loaders: the recipe comes with the "
                    "high-noise model. A recipe connected here is used instead.",
                ),
            ],
            outputs=[
                io.Latent.Output(tooltip="The sampled latent."),
                io.String.Output(display_name="settings", tooltip="What was used, in words."),
            ],
        )

    @classmethod
    def execute(
        cls,
        high_model,
        low_model,
        positive,
        negative,
        latent_image,
        seed,
        steps,
        cfg,
        denoise,
        boundary,
        batch_seeds,
        cfgs="",
        recipe=None,
    ):
        given = pair_recipe(high_model, low_model, recipe, _TITLE)
        level = boundary_of(given.recipe, boundary)
        subject = subject_of(high_model, latent_image)
        settings = run_settings(
            given.recipe,
            steps,
            cfg,
            denoise,
            cfgs=cfgs,
            loaded=given.loaded,
            guided=True,
            subject=subject,
        )
        positive, guidance = with_guidance(positive, given.recipe)
        sigmas = [*settings.levels, *[0.0] * bool(settings.levels)]
        models = [with_shifts(model, given.recipe) for model in (high_model, low_model)]
        guider = experts_guider(models, (positive, negative), settings.cfgs, sigmas, level)
        made = sample(guider, latent_image, given.recipe, settings, seed, batch_seeds)
        told = [*guidance, *given.source, *given.warnings, f"seed {seed}, {batch_seeds}"]
        return io.NodeOutput(made, "\n".join([settings.text, _halves_text(sigmas, level), *told]))


def _halves_text(sigmas: list[float], level: float) -> str:
    """How many steps each model has, and which is not loaded."""
    steps = max(0, len(sigmas) - 1)
    high = high_steps(sigmas, level)
    low = steps - high
    text = f"Level {level:g}: high-noise model {high} steps, low-noise model {low}."
    if not steps or (high and low):
        return text
    return f"{text} The {'low' if high else 'high'}-noise model is not loaded."
