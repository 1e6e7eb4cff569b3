"""Choosing a recipe, and turning one into a sampler, SIGMAS and CFG."""

import json

from comfy_api.v0_0_2 import io

from ..host.accelerator import recipe_for
from ..host.folders import catalog
from ..host.sampling.levels import sigmas_of, subject_of
from ..host.sampling.samplers import recipe_sampler
from ..host.sampling.sound import shift_warnings
from ..recipes import as_user_file, briefs, run_settings
from ..samplers import SAMPLERS
from .inputs import (
    SAMPLERS_CATEGORY,
    SEARCH_ALIASES,
    RecipeType,
    denoise_input,
    latent_size_input,
    recipe_cfg_input,
    recipe_steps_input,
    shift_input,
)
from .samplers import MADE_BY


class FewStepRecipe(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepRecipe",
            display_name="Few-step recipe",
            category=SAMPLERS_CATEGORY,
            description="The settings an accelerator was trained for. Choose the one whose LoRA "
            "or model you loaded; change some settings if you like.",
            search_aliases=[*SEARCH_ALIASES, "settings", "preset"],
            inputs=[
                io.Combo.Input(
                    "recipe",
                    options=_names(),
                    tooltip="The accelerator in your model: family/base and kind, grouped by base. "
                    "Your own are in fewstep/recipes of ComfyUI's user directory.",
                    extra_dict={"fewstep": _for_page()},
                ),
                recipe_steps_input(),
                recipe_cfg_input(),
                io.Float.Input(
                    "gamma",
                    display_name="gamma (-1 = recipe)",
                    default=-1.0,
                    min=-1.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Noise renewed at each step, for recipes that use TCD; below 0 is the "
                    "recipe's own.",
                ),
                io.Float.Input(
                    "strength",
                    display_name="strength (-1 = recipe)",
                    default=-1.0,
                    min=-1.0,
                    max=2.0,
                    step=0.01,
                    tooltip="LoRA strength; below 0 is the recipe's own.",
                ),
                shift_input(
                    "Shift of a flow model's levels; 0 is the recipe's own. It counts whatever "
                    "shift the model has.",
                ),
            ],
            outputs=[
                RecipeType.Output(display_name="recipe", tooltip="The recipe, for other nodes."),
                io.String.Output(
                    display_name="settings",
                    tooltip="The recipe as JSON. Saved as a file in fewstep/recipes of the user "
                    "directory, it is a recipe of your own. Its comment explains it in words.",
                ),
            ],
        )

    @classmethod
    def fingerprint_inputs(cls, recipe, **_):
        chosen, problems = catalog().recipes.get(recipe), catalog().problems
        return f"{chosen and chosen.to_json()} {problems}"

    @classmethod
    def execute(cls, recipe, steps, cfg, gamma, strength, shift=0.0):
        recipes, problems = catalog()
        if recipe not in recipes:
            raise ValueError(f"There is no recipe {recipe}. Choose another one.")
        chosen = recipes[recipe].changed(steps, cfg, gamma, strength, shift)
        return io.NodeOutput(chosen, as_user_file(chosen, problems))


class FewStepFromRecipe(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepFromRecipe",
            display_name="Recipe to sampler",
            category=SAMPLERS_CATEGORY,
            description="The recipe's sampler, timesteps and CFG, for SamplerCustomAdvanced and "
            "CFGGuider.",
            search_aliases=[*SEARCH_ALIASES, "settings", "preset"],
            inputs=[
                io.Model.Input("model", tooltip="The model to sample; its noise levels are used."),
                recipe_steps_input(),
                denoise_input(),
                RecipeType.Input(
                    "recipe",
                    optional=True,
                    tooltip="Not needed after one of our loaders: the recipe comes with the model. "
                    "A recipe connected here is used instead.",
                ),
                latent_size_input(),
            ],
            outputs=[
                io.Sampler.Output(tooltip="The sampler, for a SamplerCustom node."),
                io.Sigmas.Output(tooltip="Noise levels, for a SamplerCustom node."),
                io.Float.Output(display_name="cfg", tooltip="CFG, for CFGGuider."),
                io.String.Output(display_name="settings", tooltip="What is used, in words."),
            ],
        )

    @classmethod
    def execute(cls, model, steps, denoise, recipe=None, latent=None):
        given = recipe_for(model, recipe, "Recipe to sampler")
        subject = subject_of(model, given.recipe, latent)
        settings = run_settings(
            given.recipe, steps, 0, denoise, loaded=given.loaded, subject=subject
        )
        sigmas = sigmas_of(settings.plan)
        sound = shift_warnings(model, given.recipe)
        text = "\n".join([settings.text, *given.source, *given.warnings, *sound])
        return io.NodeOutput(recipe_sampler(given.recipe), sigmas, settings.cfg, text)


def _names() -> list[str]:
    """Recipes that can be sampled, grouped by base; those of the user at the end."""
    return [name for name, recipe in catalog().recipes.items() if not recipe.blocked]


def _for_page() -> dict[str, str]:
    """All recipes and samplers, which the page reads here for every node, so it needs no route.

    As text: it copies the settings of an input for each node it opens.
    """
    known = {
        "recipes": briefs(catalog().recipes.values()),
        "samplers": [sampler.for_page() for sampler in SAMPLERS.values()],
        "makes": MADE_BY,
    }
    return {name: json.dumps(value, ensure_ascii=False) for name, value in known.items()}
