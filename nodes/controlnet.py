"""ControlNet and prompts by steps, where ComfyUI's own nodes count in percents of a schedule."""

from comfy_api.v0_0_2 import io

from ..host.control import apply_control, limit_conditioning
from ..schedulers import level_range

_MOST_STEPS = 10000


def _step_inputs() -> list[io.Int.Input]:
    return [
        io.Int.Input(
            "first_step",
            default=1,
            min=1,
            max=_MOST_STEPS,
            tooltip="The first step at which it counts. Steps are counted from 1.",
        ),
        io.Int.Input(
            "last_step",
            default=0,
            min=0,
            max=_MOST_STEPS,
            tooltip="The last step at which it counts, itself included; 0 is the last of all.",
        ),
    ]


class FewStepControlNetApply(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepControlNetApply",
            display_name="Apply ControlNet by steps",
            category="model/conditioning/controlnet",
            description="A ControlNet that works at exactly the steps you name, whatever the "
            "schedule, the shift and the denoise.",
            search_aliases=["controlnet", "apply controlnet", "start_percent"],
            inputs=[
                io.Conditioning.Input("positive", tooltip="What the picture should show."),
                io.Conditioning.Input(
                    "negative", tooltip="What it should not show. No effect at CFG 1."
                ),
                io.ControlNet.Input(
                    "control_net",
                    tooltip="From any loader. Several can be chained, each with its own steps.",
                ),
                io.Image.Input(
                    "image", tooltip="What the ControlNet reads: lines, depth, a pose, a picture."
                ),
                io.Sigmas.Input(
                    "sigmas",
                    tooltip="The SIGMAS that are sampled; with split ones, the whole schedule.",
                ),
                io.Float.Input(
                    "strength",
                    default=1.0,
                    min=0.0,
                    max=2.0,
                    step=0.01,
                    display_mode=io.NumberDisplay.slider,
                    tooltip="0 turns it off, 1 is what it was trained with, for many steps. The "
                    "authors of TCD and Hyper-SD advise 0.5: over few steps it weighs more.",
                ),
                *_step_inputs(),
                io.Vae.Input(
                    "vae",
                    optional=True,
                    tooltip="Only for ControlNets that read latents, such as those of SD3 and "
                    "FLUX. Others need none.",
                ),
                io.Model.Input(
                    "model",
                    optional=True,
                    tooltip="Not needed for ComfyUI's ControlNets. Connect it where one of another "
                    "pack works at other steps than you name: it reads percents, which depend on "
                    "the model.",
                ),
                io.Mask.Input(
                    "mask",
                    optional=True,
                    tooltip="The area to redraw, for ControlNets for inpainting that take a "
                    "mask (Alimama's). Others ignore it.",
                ),
            ],
            outputs=[
                io.Conditioning.Output(
                    display_name="positive", tooltip="The positive prompt with the ControlNet."
                ),
                io.Conditioning.Output(
                    display_name="negative", tooltip="The negative prompt with the ControlNet."
                ),
            ],
        )

    @classmethod
    def execute(
        cls,
        positive,
        negative,
        control_net,
        image,
        sigmas,
        strength,
        first_step,
        last_step,
        vae=None,
        model=None,
        mask=None,
    ):
        levels = level_range(sigmas.tolist(), first_step, last_step)
        if levels is None or strength == 0:
            return io.NodeOutput(positive, negative)
        applied = apply_control(
            (positive, negative),
            control_net,
            image,
            strength,
            levels,
            vae=vae,
            model=model,
            mask=mask,
        )
        return io.NodeOutput(*applied)


class FewStepConditioningSteps(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepConditioningSteps",
            display_name="Conditioning by steps",
            category="model/conditioning",
            description="A prompt, an area or any other conditioning that counts at exactly the "
            "steps you name. Combine it with one for the other steps.",
            search_aliases=["timestep range", "prompt schedule", "start_percent"],
            inputs=[
                io.Conditioning.Input(
                    "conditioning",
                    tooltip="Any kind: text, area, mask, GLIGEN, image. A range it already has is "
                    "replaced.",
                ),
                io.Sigmas.Input(
                    "sigmas",
                    tooltip="The SIGMAS that are sampled; with split ones, the whole schedule.",
                ),
                *_step_inputs(),
            ],
            outputs=[
                io.Conditioning.Output(
                    tooltip="For Conditioning (Combine), with one for the other steps."
                )
            ],
        )

    @classmethod
    def execute(cls, conditioning, sigmas, first_step, last_step):
        levels = level_range(sigmas.tolist(), first_step, last_step)
        return io.NodeOutput(limit_conditioning(conditioning, levels) if levels else conditioning)
