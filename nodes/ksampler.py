"""The KSampler of few-step models: a recipe in place of sampler, scheduler and their settings."""

from comfy_api.v0_0_2 import io

from ..host.accelerator import recipe_for
from ..host.sampling.guidance import with_guidance
from ..host.sampling.levels import subject_of
from ..host.sampling.run import BATCH_SEEDS, PER_IMAGE, sample
from ..recipes import run_settings
from .inputs import (
    RecipeType,
    denoise_input,
    first_aliases,
    recipe_cfg_input,
    recipe_steps_input,
    seed_input,
)


class FewStepKSampler(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepKSampler",
            display_name="Few-step KSampler",
            category="model/sampling",
            description="Samples with a recipe: sampler, timesteps, steps and CFG are right for "
            "the accelerator, and the text says what was used.",
            search_aliases=[*first_aliases(), "ksampler", "sample"],
            inputs=[
                io.Model.Input("model", tooltip="The model, with its acceleration LoRA loaded."),
                io.Conditioning.Input("positive", tooltip="What the picture should show."),
                io.Conditioning.Input(
                    "negative", tooltip="What it should not show. No effect at CFG 1."
                ),
                io.Latent.Input(
                    "latent_image", tooltip="An empty latent, or a picture to work on."
                ),
                seed_input("seed", "The same seed and settings make the same picture."),
                recipe_steps_input(),
                recipe_cfg_input(),
                denoise_input(),
                io.Combo.Input(
                    "batch_seeds",
                    options=list(BATCH_SEEDS),
                    default=PER_IMAGE,
                    tooltip="seed + index: the second image of a batch is the same as a single "
                    "one with seed + 1, the third as one with seed + 2. ComfyUI: initial noise as "
                    "KSampler draws it, one stream for the whole batch.",
                ),
                RecipeType.Input(
                    "recipe",
                    optional=True,
                    tooltip="Not needed after one of our loaders: the recipe comes with the model. "
                    "A recipe connected here is used instead.",
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
        model,
        positive,
        negative,
        latent_image,
        seed,
        steps,
        cfg,
        denoise,
        batch_seeds,
        recipe=None,
    ):
        given = recipe_for(model, recipe, "Few-step KSampler")
        settings = run_settings(
            given.recipe,
            steps,
            cfg,
            denoise,
            loaded=given.loaded,
            guided=True,
            subject=subject_of(model, given.recipe, latent_image),
        )
        positive, guidance = with_guidance(positive, given.recipe)
        conditions = positive, negative
        made = sample(model, conditions, latent_image, given.recipe, settings, seed, batch_seeds)
        told = [*guidance, *given.source, *given.warnings, f"seed {seed}, {batch_seeds}"]
        return io.NodeOutput(made, "\n".join([settings.text, *told]))
