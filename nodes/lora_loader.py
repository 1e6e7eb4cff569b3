"""The loader of acceleration LoRAs: choose a file, and every setting is right."""

from comfy_api.v0_0_2 import io

from ..host.folders import lora_names, lora_path
from ..host.lora.load import APPLY, BY_WEIGHTS, REFUSE, SECOND, load_lora
from ..host.recognition import AUTO, LORAS, fingerprint, recipe_choices
from ..schedulers import parse_strengths
from .inputs import RecipeType, first_aliases
from .loader_report import for_page, shown_from_cache


class FewStepLoraLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepLoraLoader",
            display_name="Load acceleration LoRA",
            category="model/loaders",
            description="Loads an acceleration LoRA, says which one it is, and passes all "
            "its settings on with the model.",
            search_aliases=[
                *first_aliases(),
                *("lora", "pcm", "accelerator", "load lcm", "lcm lora", "tcd lora"),
                *("lightning lora", "turbo lora", "hyper lora", "dmd2 lora"),
            ],
            inputs=[
                io.Model.Input("model", tooltip="The model to speed up."),
                io.Combo.Input(
                    "lora_name",
                    options=lora_names(),
                    tooltip="The file, in models/loras. It is recognised by its content, whatever "
                    "it is called. No code in a file is ever run.",
                ),
                io.Float.Input(
                    "strength",
                    default=1.0,
                    min=0.0,
                    max=4.0,
                    step=0.01,
                    display_mode=io.NumberDisplay.slider,
                    tooltip="1 is the strength the recipe gives, which is 0.125 for Hyper-SD3 and "
                    "Hyper-FLUX; 0 is no LoRA, 2 is twice as much.",
                ),
                io.Combo.Input(
                    "recipe",
                    options=recipe_choices(LORAS),
                    default=AUTO,
                    tooltip="auto recognises the file. Choose the recipe yourself where several "
                    "could be meant, or to use other settings.",
                ),
                io.Combo.Input(
                    "apply",
                    options=list(APPLY),
                    default=BY_WEIGHTS,
                    tooltip="merge changes the weights once, as Load LoRA does. live leaves them "
                    "as they are and adds the LoRA while the model runs: changing the strength "
                    "costs nothing, it can differ from step to step, and quantised weights are not "
                    "rounded again. auto merges, and is live on quantised weights.",
                ),
                io.String.Input(
                    "step_strengths",
                    default="",
                    advanced=True,
                    tooltip="For live: one number a step, such as 1, 1, 0.6, 0.3, each times the "
                    "strength; the last one repeats. Steps count from where a sampler begins.",
                ),
                io.Combo.Input(
                    "second",
                    options=list(SECOND),
                    default=REFUSE,
                    optional=True,
                    advanced=True,
                    tooltip="On a model that already has an accelerator: refuse says so and stops, "
                    "since two burn most pictures. allow adds this one too; the settings stay "
                    "those of the first.",
                ),
            ],
            outputs=[
                io.Model.Output(tooltip="The model with the LoRA."),
                RecipeType.Output(
                    display_name="recipe",
                    tooltip="The settings of the LoRA. They come with the model too, so connect "
                    "this only to show or change them.",
                ),
                io.String.Output(display_name="report", tooltip="What was loaded, in words."),
            ],
            **shown_from_cache(),
        )

    @classmethod
    def fingerprint_inputs(cls, lora_name, recipe, **_):
        return fingerprint(recipe, lambda: [lora_path(lora_name)])

    @classmethod
    def execute(cls, model, lora_name, strength, recipe, apply, step_strengths, second=REFUSE):
        each = parse_strengths(step_strengths)
        loaded = load_lora(model, lora_name, strength, recipe, apply, each, second)
        shown = for_page(lora_name, recipe, loaded.found, loaded.recipe, loaded.warnings)
        return io.NodeOutput(loaded.model, loaded.recipe, loaded.report, ui=shown)
