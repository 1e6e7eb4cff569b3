"""The training: an acceleration LoRA for a checkpoint, or one repaired."""

from comfy_api.v0_0_2 import io

from ..host.folders import lora_names
from ..host.training import DISTANCES, LATENT, METHODS, NONE, REPAIR, distil, unlisted
from .inputs import RecipeType, seed_input
from .training_inputs import (
    TRAINING_ALIASES,
    TRAINING_CATEGORY,
    LoraModelType,
    LossMapType,
    PathsType,
    RewardType,
    negative_input,
    prompts_input,
    run_name_input,
    side_input,
    teacher_cfg_input,
)


class FewStepDistil(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepDistil",
            display_name="Distil an acceleration LoRA",
            category=TRAINING_CATEGORY,
            description="Trains a LoRA that lets this checkpoint draw in 1 to 8 steps, or repairs "
            "one that was made for another checkpoint. Goes on where it was stopped.",
            search_aliases=[*TRAINING_ALIASES, "tscd", "dmd", "consistency distillation"],
            # A folder's pictures and captions come as lists, and are one run's.
            is_input_list=True,
            inputs=[
                io.Model.Input(
                    "model", tooltip="The checkpoint to make it for, without an accelerator."
                ),
                io.Clip.Input("clip", tooltip="The checkpoint's CLIP, for the prompts."),
                prompts_input(
                    "One prompt a line, some dozens or more of what you draw, or a folder's "
                    "captions. Empty takes those of the paths."
                ),
                negative_input(),
                io.Combo.Input(
                    "start_lora",
                    options=[NONE, *lora_names()],
                    default=NONE,
                    tooltip="An acceleration LoRA to go on from, such as the one that blurs here. "
                    "Its licence carries over. none begins a new one.",
                ),
                io.Combo.Input(
                    "method",
                    options=list(METHODS),
                    default=REPAIR,
                    tooltip="repair makes a LoRA fit this checkpoint and needs no pictures. "
                    "trajectory begins from nothing on paths, the quickest. consistency learns on "
                    "paths or your own pictures, slower. score sharpens after any of them; so does "
                    "adversarial, on paths or your own pictures, by a discriminator. fine-tuning "
                    "teaches a fast LoRA the style of your own pictures.",
                ),
                io.Int.Input(
                    "target_steps",
                    display_name="target_steps (0 = unified)",
                    default=4,
                    min=0,
                    max=8,
                    tooltip="In how many steps it will draw. 0 is unified: one LoRA for 1 to 8. "
                    "1 from nothing is not a job for one card.",
                ),
                io.Int.Input(
                    "steps",
                    default=500,
                    min=1,
                    max=1000000,
                    tooltip="How many steps to train. 100 to 500 repair; 1000 and more from "
                    "nothing.",
                ),
                io.Int.Input(
                    "batch",
                    default=8,
                    min=1,
                    max=1024,
                    tooltip="Pictures a step. More are calmer and slower. Where memory is short, "
                    "they go through in parts, with the same result.",
                ),
                io.Float.Input(
                    "learning_rate",
                    default=1e-4,
                    min=1e-7,
                    max=1.0,
                    step=1e-7,
                    tooltip="How far a step goes. Too high burns or stops with NaN; too low does "
                    "nothing.",
                ),
                io.Int.Input(
                    "rank",
                    default=32,
                    min=1,
                    max=1024,
                    tooltip="Size of a new LoRA: 32 to 64. One that is gone on from keeps its own.",
                ),
                teacher_cfg_input(),
                seed_input("seed", "What is drawn for each step follows from it."),
                run_name_input("the run"),
                side_input("width", "Width"),
                side_input("height", "Height"),
                io.Int.Input(
                    "preview_every",
                    default=50,
                    min=0,
                    max=100000,
                    advanced=True,
                    tooltip="Draws fixed seeds every so many steps; 0 only at the end.",
                ),
                io.Int.Input(
                    "save_every",
                    default=50,
                    min=0,
                    max=100000,
                    advanced=True,
                    tooltip="Keeps the run every so many steps; 0 only at the end and when it is "
                    "cancelled.",
                ),
                PathsType.Input(
                    "paths", optional=True, tooltip="From Teacher paths, of the same checkpoint."
                ),
                io.Latent.Input(
                    "latents",
                    optional=True,
                    tooltip="For fine-tuning, consistency and adversarial: your own pictures "
                    "through VAE Encode, a batch or a folder's list, with one prompt for each.",
                ),
                RecipeType.Input(
                    "recipe",
                    optional=True,
                    tooltip="How the result will be sampled, in place of the recipe of start_lora.",
                ),
                io.Vae.Input(
                    "vae",
                    optional=True,
                    tooltip="For previews, which are rough without it, and for a reward.",
                ),
                LoraModelType.Input(
                    "start",
                    optional=True,
                    tooltip="The lora of another Distil node, to go on from it. Comes before "
                    "start_lora.",
                ),
                io.Combo.Input(
                    "loss",
                    options=list(DISTANCES),
                    default=LATENT,
                    optional=True,
                    advanced=True,
                    tooltip="How trajectory, and repair on paths, compare with the paths. latent "
                    "compares the numbers. features compares what the checkpoint sees in them, in "
                    "about twice the time.",
                ),
                RewardType.Input(
                    "reward",
                    optional=True,
                    tooltip="From Reward for distillation: pictures that it scores higher are "
                    "learned beside the method. Needs vae, and a LoRA to go on from.",
                ),
                io.Float.Input(
                    "reward_weight",
                    default=0.1,
                    min=0.0,
                    max=1000.0,
                    step=0.01,
                    optional=True,
                    advanced=True,
                    tooltip="How much the reward counts beside the method. 0 only reports it; too "
                    "much, and worse pictures win it.",
                ),
            ],
            outputs=[
                io.Model.Output(tooltip="The model with the LoRA; brings its recipe along."),
                LoraModelType.Output(
                    display_name="lora",
                    tooltip="For Save acceleration LoRA, or start of another Distil node.",
                ),
                LossMapType.Output(display_name="loss", tooltip="For ComfyUI's Plot Loss Graph."),
                RecipeType.Output(display_name="recipe", tooltip="How to sample with the LoRA."),
                io.Image.Output(
                    display_name="sheet",
                    tooltip="Fixed seeds before and after, and by the teacher.",
                ),
                io.String.Output(
                    display_name="report", tooltip="What was done, and the runs that are kept."
                ),
            ],
        )

    @classmethod
    def execute(cls, **lists):
        asked = unlisted(lists)
        model, clip = asked.pop("model"), asked.pop("clip")
        connected = ("paths", "latents", "recipe", "vae", "start", "reward")
        given = {name: asked.pop(name, None) for name in connected}
        made = distil(model, clip, asked, given)
        losses = {"loss": made.losses}
        return io.NodeOutput(made.model, made.lora, losses, made.recipe, made.sheet, made.report)
