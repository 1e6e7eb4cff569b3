"""Choosing a recipe, and turning one into a sampler, SIGMAS and CFG."""

from comfy_api.v0_0_2 import io

from ..recipes import builtin_recipes
from . import bridge
from .inputs import (
    SAMPLERS_CATEGORY,
    SEARCH_ALIASES,
    RecipeType,
    denoise_input,
    recipe_cfg_input,
    recipe_steps_input,
)
from .settings import settle


class FewStepRecipe(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepRecipe",
            display_name="Few-step recipe",
            category=SAMPLERS_CATEGORY,
            description="The settings an accelerator was trained for. Choose the one whose LoRA "
            "or model you loaded; change single settings if you like.",
            search_aliases=[*SEARCH_ALIASES, "settings", "preset"],
            inputs=[
                io.Combo.Input(
                    "recipe",
                    options=list(builtin_recipes()),
                    tooltip="The accelerator in your model: family/base and kind.",
                ),
                recipe_steps_input(),
                recipe_cfg_input(),
                io.Float.Input(
                    "gamma",
                    default=-1.0,
                    min=-1.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Noise renewed at each step, for recipes that use TCD; below 0 is the "
                    "recipe's own.",
                ),
                io.Float.Input(
                    "strength",
                    default=-1.0,
                    min=-1.0,
                    max=2.0,
                    step=0.01,
                    tooltip="LoRA strength; below 0 is the recipe's own.",
                ),
            ],
            outputs=[
                RecipeType.Output(display_name="recipe", tooltip="The recipe, for other nodes."),
                io.String.Output(display_name="settings", tooltip="The recipe in words."),
            ],
        )

    @classmethod
    def execute(cls, recipe, steps, cfg, gamma, strength):
        chosen = builtin_recipes()[recipe].changed(steps, cfg, gamma, strength)
        return io.NodeOutput(chosen, chosen.summary())


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
                RecipeType.Input("recipe", tooltip="From Few-step recipe, or from a loader."),
                recipe_steps_input(),
                denoise_input(),
            ],
            outputs=[
                io.Sampler.Output(tooltip="The sampler, for a SamplerCustom node."),
                io.Sigmas.Output(tooltip="Noise levels, for a SamplerCustom node."),
                io.Float.Output(display_name="cfg", tooltip="CFG, for CFGGuider."),
            ],
        )

    @classmethod
    def execute(cls, model, recipe, steps, denoise):
        settings = settle(recipe, steps, 0, denoise)
        sampler = bridge.recipe_sampler(recipe)
        return io.NodeOutput(sampler, bridge.schedule(settings.times, model), settings.cfg)
