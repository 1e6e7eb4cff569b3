"""TCD's sampler and timesteps in one node: what stands for the node of an older pack."""

from comfy_api.v0_0_2 import io

from ..host.sampling.levels import schedule
from ..host.sampling.samplers import make_sampler
from ..schedulers import plan_timesteps
from .inputs import SAMPLERS_CATEGORY, denoise_input, gamma_input


class FewStepTCD(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepTCD",
            display_name="TCD sampler and timesteps",
            category=SAMPLERS_CATEGORY,
            description="What SamplerCustom needs for a TCD LoRA, from one node. Workflows with "
            "TCDModelSamplingDiscrete of ComfyUI-TCD open with it.",
            search_aliases=["tcd", "trajectory consistency", "TCDModelSamplingDiscrete"],
            inputs=[
                io.Model.Input("model", tooltip="The model with its TCD LoRA."),
                io.Int.Input(
                    "steps",
                    default=4,
                    min=1,
                    max=50,
                    tooltip="Number of steps, 1 to 50, at any denoise.",
                ),
                denoise_input(),
                gamma_input(
                    0.3,
                    "How much noise each step renews (eta in diffusers): 0 none, the same as DDIM; "
                    "1 all of it, nearly LCM. Use a higher gamma with more steps.",
                ),
            ],
            outputs=[
                io.Model.Output(tooltip="The model as it came in: it needs no patch."),
                io.Sampler.Output(tooltip="The TCD sampler, for a SamplerCustom node."),
                io.Sigmas.Output(tooltip="Noise levels, for a SamplerCustom node."),
            ],
        )

    @classmethod
    def execute(cls, model, steps, denoise, gamma):
        sigmas = schedule(plan_timesteps(steps, "grid", denoise), model)
        return io.NodeOutput(model, make_sampler("tcd", gamma=gamma), sigmas)
