"""The file of a LoRA that was made here."""

from comfy_api.v0_0_2 import io

from ..host.training import save_accelerator
from .inputs import RecipeType
from .training_inputs import TRAINING_ALIASES, TRAINING_CATEGORY, LoraModelType


class FewStepSaveAccelerator(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepSaveAccelerator",
            display_name="Save acceleration LoRA",
            category=TRAINING_CATEGORY,
            description="Writes a LoRA into models/loras under a new number, with its recipe and "
            "how it was made. All programs that read kohya's files can load it.",
            search_aliases=[*TRAINING_ALIASES, "save lora"],
            is_output_node=True,
            inputs=[
                LoraModelType.Input("lora", tooltip="From Distil an acceleration LoRA."),
                RecipeType.Input(
                    "recipe",
                    tooltip="From the same node: what the loader will find in the file.",
                ),
                io.String.Input(
                    "filename_prefix",
                    default="made/accelerator",
                    tooltip="Name in models/loras; a folder may stand before it.",
                ),
                io.String.Input(
                    "notes",
                    default="",
                    multiline=True,
                    advanced=True,
                    tooltip="Your own words, kept in the file.",
                ),
            ],
            outputs=[
                io.String.Output(
                    display_name="path",
                    tooltip="The file's name, as Load acceleration LoRA has it.",
                )
            ],
        )

    @classmethod
    def execute(cls, lora, recipe, filename_prefix, notes):
        file = save_accelerator(lora, recipe, filename_prefix, notes)
        return io.NodeOutput(file, ui={"text": [file]})
