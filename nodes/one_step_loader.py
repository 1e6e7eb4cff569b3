"""The loader of whole models made for few steps: choose a file, and it starts and steps right."""

from comfy_api.v0_0_2 import io

from ..host.folders import checkpoint_names, checkpoint_path, model_names, model_path
from ..host.models.load import NO_BASE, load_model
from ..host.models.parts import WEIGHT_DTYPES
from ..host.recognition import AUTO, WHOLE_MODELS, fingerprint, recipe_choices
from .inputs import RecipeType, first_aliases
from .loader_report import for_page, shown_from_cache


class FewStepOneStepLoader(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepOneStepLoader",
            display_name="Load one-step model",
            category="model/loaders",
            description="Loads a checkpoint or UNet made for one or a few steps, and sets it up "
            "so that any sampler node starts with the right noise and reads its output correctly.",
            search_aliases=[
                *first_aliases(),
                *("one step", "sdxl one step", "unet", "checkpoint", "sdxs", "nitrofusion"),
                "load lcm",
            ],
            inputs=[
                io.Combo.Input(
                    "model_name",
                    options=model_names(),
                    tooltip="The file, in models/checkpoints or models/diffusion_models, in the "
                    "layout of ComfyUI or of diffusers. It is recognised by its content and name.",
                ),
                io.Combo.Input(
                    "recipe",
                    options=recipe_choices(WHOLE_MODELS),
                    default=AUTO,
                    tooltip="auto recognises the file. Choose the recipe yourself if the file was "
                    "renamed: models of one base differ only in their values.",
                ),
                io.Combo.Input(
                    "base_checkpoint",
                    options=[NO_BASE, *checkpoint_names()],
                    default=NO_BASE,
                    tooltip="Where CLIP and VAE come from: none takes them from the file itself; "
                    "or choose a checkpoint of the same base.",
                ),
                io.Combo.Input(
                    "weight_dtype",
                    options=list(WEIGHT_DTYPES),
                    default="default",
                    advanced=True,
                    tooltip="default keeps the file's type where the device can compute with it. "
                    "fp8 halves the memory of fp16 and loses a little detail.",
                ),
                io.Float.Input(
                    "guidance",
                    default=8.0,
                    min=1.0,
                    max=20.0,
                    step=0.1,
                    advanced=True,
                    tooltip="For full LCM models, which draw at CFG 1 as if with this guidance: 1 "
                    "follows the prompt loosely, 8 is their authors' choice. Other models "
                    "ignore it.",
                ),
            ],
            outputs=[
                io.Model.Output(tooltip="The model, right for any sampler node."),
                io.Clip.Output(tooltip="Its text encoder, or that of base_checkpoint."),
                io.Vae.Output(tooltip="Its VAE, or that of base_checkpoint."),
                RecipeType.Output(
                    display_name="recipe",
                    tooltip="The settings of the model. They come with the model too, so connect "
                    "this only to show or change them.",
                ),
                io.String.Output(display_name="report", tooltip="What was loaded, in words."),
            ],
            **shown_from_cache(),
        )

    @classmethod
    def fingerprint_inputs(cls, model_name, recipe, base_checkpoint, **_):
        bases = [] if base_checkpoint == NO_BASE else [base_checkpoint]
        return fingerprint(recipe, lambda: [model_path(model_name), *map(checkpoint_path, bases)])

    @classmethod
    def execute(cls, model_name, recipe, base_checkpoint, weight_dtype, guidance):
        loaded = load_model(model_name, recipe, base_checkpoint, weight_dtype, guidance)
        shown = for_page(model_name, recipe, loaded.found, loaded.recipe, loaded.warnings)
        return io.NodeOutput(
            loaded.model, loaded.clip, loaded.vae, loaded.recipe, loaded.report, ui=shown
        )
