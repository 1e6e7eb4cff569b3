"""A negative prompt that counts at CFG 1."""

from comfy_api.v0_0_2 import io

from ..host.sampling.negative import with_negative
from ..schedulers import parse_scales


class FewStepNegative(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepNegative",
            display_name="Negative prompt at CFG 1",
            category="model/patch",
            description="Lets the negative prompt count without a second run of the model, by "
            "normalized attention guidance. For models with cross-attention: SD 1.5, SDXL, Wan, "
            "LTX, Anima.",
            search_aliases=["nag", "normalized attention guidance", "negative prompt", "cfg 1"],
            inputs=[
                io.Model.Input("model", tooltip="The model, with its acceleration LoRA loaded."),
                io.Conditioning.Input(
                    "negative",
                    tooltip="What the picture should not show: one prompt. An empty one has little "
                    "effect.",
                ),
                io.Float.Input(
                    "scale",
                    default=5.0,
                    min=1.0,
                    max=50.0,
                    step=0.1,
                    tooltip="How far the picture is pushed away from the negative prompt. 1 is "
                    "off: the picture of the model without this node.",
                ),
                io.Float.Input(
                    "alpha",
                    default=0.5,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    advanced=True,
                    tooltip="Share of the guided attention in the result: 0 is none, 1 is all.",
                ),
                io.Float.Input(
                    "tau",
                    default=2.5,
                    min=1.0,
                    max=10.0,
                    step=0.01,
                    advanced=True,
                    tooltip="How much larger the guided attention may become than it was. Lower "
                    "is gentler.",
                ),
                io.String.Input(
                    "steps",
                    default="",
                    advanced=True,
                    tooltip="One scale a step, such as 5, 5, 1: the last one repeats, 1 is off. "
                    "Empty is scale throughout.",
                ),
            ],
            outputs=[io.Model.Output(tooltip="The model, which avoids the negative prompt.")],
        )

    @classmethod
    def execute(cls, model, negative, scale, alpha, tau, steps):
        scales = parse_scales(steps) or (scale,)
        return io.NodeOutput(with_negative(model, negative, scales, alpha, tau))
