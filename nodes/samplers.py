"""TCD, LCM and Hyper-SD as SAMPLER, for SamplerCustom and SamplerCustomAdvanced."""

from comfy_api.v0_0_2 import io

from ..host.sampling.samplers import make_sampler
from ..samplers import SAMPLERS
from ..samplers.table import FINISHES
from .inputs import SAMPLERS_CATEGORY, gamma_input, s_noise_input

# A sampler of the registry for each kind of file.
HYPER_SD_MODES = {"fixed steps": "ddim", "unified": "tcd", "one step": "lcm"}
# Which sampler a node makes, for the page; a node with modes, which one each of them is.
MADE_BY = {
    "FewStepSamplerTCD": "tcd",
    "FewStepTCD": "tcd",
    "FewStepSamplerLCM": "lcm",
    "FewStepSamplerHyperSD": HYPER_SD_MODES,
}


def _finish_input() -> io.Combo.Input:
    return io.Combo.Input(
        "finish",
        options=list(FINISHES),
        default=FINISHES[0],
        advanced=True,
        tooltip="clean ends on the predicted picture and keeps what a mask protects bit for bit. "
        "diffusers leaves the trace of noise (sigma 0.029) that diffusers' schedulers leave, to "
        "compare numbers; models without timesteps end clean either way.",
    )


class FewStepSamplerTCD(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepSamplerTCD",
            display_name="TCD sampler",
            category=SAMPLERS_CATEGORY,
            description="Trajectory consistency sampling, for TCD LoRAs and Hyper-SD's unified "
            "LoRA. Use CFG 1 and the grid spacing.",
            search_aliases=["tcd", "trajectory consistency", "eta"],
            inputs=[
                gamma_input(
                    0.3,
                    "How much noise each step renews (eta in diffusers): 0 none, the same as DDIM; "
                    "1 all of it, nearly LCM. Use a higher gamma with more steps.",
                ),
                s_noise_input(),
                _finish_input(),
            ],
            outputs=[io.Sampler.Output(tooltip="The sampler, for a SamplerCustom node.")],
        )

    @classmethod
    def execute(cls, gamma, s_noise, finish):
        return io.NodeOutput(make_sampler("tcd", gamma=gamma, s_noise=s_noise, finish=finish))


class FewStepSamplerLCM(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepSamplerLCM",
            display_name="LCM sampler",
            category=SAMPLERS_CATEGORY,
            description="Latent consistency sampling, for LCM and LCM-LoRA, DMD2 and one-step "
            "models. Each image of a batch has noise of its own, from seed + its place.",
            search_aliases=["lcm", "latent consistency", "dmd2"],
            inputs=[s_noise_input()],
            outputs=[io.Sampler.Output(tooltip="The sampler, for a SamplerCustom node.")],
        )

    @classmethod
    def execute(cls, s_noise):
        return io.NodeOutput(make_sampler("lcm", s_noise=s_noise))


class FewStepSamplerHyperSD(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepSamplerHyperSD",
            display_name="Hyper-SD sampler",
            category=SAMPLERS_CATEGORY,
            description="The sampler each kind of Hyper-SD file was made for. Also right for "
            "Lightning and other models trained on fixed steps.",
            search_aliases=["hyper-sd", "hypersd", "ddim", "lightning", "one step"],
            inputs=[
                io.Combo.Input(
                    "mode",
                    options=list(HYPER_SD_MODES),
                    default="fixed steps",
                    tooltip="fixed steps: the 2, 4, 8 step LoRAs (DDIM, trailing spacing). "
                    "unified: the 1step LoRA at 1 to 8 steps (TCD, grid spacing). "
                    "one step: the one-step UNet (LCM, timestep 800).",
                ),
                gamma_input(
                    1.0,
                    "Only for unified: how much noise each step renews. 1 is the authors' setting; "
                    "lower gives more detail with several steps.",
                ),
                _finish_input(),
            ],
            outputs=[io.Sampler.Output(tooltip="The sampler, for a SamplerCustom node.")],
        )

    @classmethod
    def execute(cls, mode, gamma, finish):
        given = {"gamma": gamma, "finish": finish}
        sampler = HYPER_SD_MODES[mode]
        knobs = {name: value for name, value in given.items() if name in SAMPLERS[sampler].knobs}
        return io.NodeOutput(make_sampler(sampler, **knobs))
