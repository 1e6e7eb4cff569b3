"""SIGMAS in two parts, and CFG that changes from step to step, for SamplerCustomAdvanced."""

from comfy_api.v0_0_2 import io

from ..host.sampling.guiders import guider_of
from ..schedulers import parse_cfgs, split_at, split_text


class FewStepSplit(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepSplit",
            display_name="Split SIGMAS at a level",
            category="model/sampling/sigmas",
            description="The steps of SIGMAS at or above a noise level, and those below it: for "
            "models of two experts, such as Wan 2.2, with any sampler.",
            search_aliases=["split sigmas", "boundary", "wan 2.2", "high noise", "low noise"],
            inputs=[
                io.Sigmas.Input("sigmas", tooltip="The whole schedule, falling."),
                io.Float.Input(
                    "level",
                    default=0.875,
                    min=0.0,
                    max=1000.0,
                    step=0.001,
                    round=0.0001,
                    tooltip="The noise level (sigma) the two parts meet at: 0.875 for Wan 2.2 text "
                    "to video, 0.9 for image to video. A step that begins at it is in high.",
                ),
            ],
            outputs=[
                io.Sigmas.Output(
                    display_name="high",
                    tooltip="The steps that begin at or above the level. Empty where there are "
                    "none; a sampler then leaves the latent as it is.",
                ),
                io.Sigmas.Output(
                    display_name="low",
                    tooltip="The steps below it, which go on where high ends, without new noise.",
                ),
                io.String.Output(
                    display_name="steps", tooltip="How many steps each part has, in words."
                ),
            ],
        )

    @classmethod
    def execute(cls, sigmas, level):
        high, low = split_at(sigmas.tolist(), level)
        parts = sigmas[: len(high)], sigmas[len(sigmas) - len(low) :]
        return io.NodeOutput(*parts, split_text(high, low, level))


class FewStepGuider(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepGuider",
            display_name="CFG by steps",
            category="model/sampling/guiders",
            description="CFG that changes from step to step, such as 3.5 for the first two steps "
            "and 1 from then on. A step with CFG 1 asks the model once.",
            search_aliases=["cfg guider", "cfg schedule", "cfg override", "dynamic cfg"],
            inputs=[
                io.Model.Input("model", tooltip="The model to sample."),
                io.Conditioning.Input("positive", tooltip="What the picture should show."),
                io.Conditioning.Input(
                    "negative", tooltip="What it should not show. No effect in steps with CFG 1."
                ),
                io.Sigmas.Input(
                    "sigmas",
                    tooltip="The whole schedule, by whose steps the list counts. A sampler that "
                    "gets only a part of it still finds the CFG of its own steps.",
                ),
                io.String.Input(
                    "cfgs",
                    default="3.5, 3.5, 1",
                    tooltip="One CFG a step, such as 3.5, 3.5, 1; the last one repeats.",
                ),
            ],
            outputs=[io.Guider.Output(tooltip="The guider, for SamplerCustomAdvanced.")],
        )

    @classmethod
    def execute(cls, model, positive, negative, sigmas, cfgs):
        numbers = parse_cfgs(cfgs, len(sigmas) - 1)
        if not numbers:
            raise ValueError("cfgs is empty. Write one CFG a step, such as 3.5, 3.5, 1.")
        return io.NodeOutput(guider_of(model, (positive, negative), numbers, sigmas.tolist()))
