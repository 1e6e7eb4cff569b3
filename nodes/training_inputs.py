"""What the nodes that train share: words to search for, prompts, sizes, names of runs."""

from comfy_api.v0_0_2 import io

TRAINING_CATEGORY = "model/training"
TRAINING_ALIASES = ["distil", "distill", "train lora", "make accelerator", "repair lora"]
PathsType, RewardType = io.Custom("FEWSTEP_PATHS"), io.Custom("FEWSTEP_REWARD")
LoraModelType, LossMapType = io.Custom("LORA_MODEL"), io.Custom("LOSS_MAP")


def prompts_input(tooltip: str) -> io.String.Input:
    return io.String.Input("prompts", multiline=True, default="", tooltip=tooltip)


def negative_input() -> io.String.Input:
    return io.String.Input(
        "negative",
        default="",
        tooltip="The teacher's negative prompt. It is learned by heart: at CFG 1 there is none.",
    )


def teacher_cfg_input() -> io.Float.Input:
    return io.Float.Input(
        "cfg",
        default=5.0,
        min=1.0,
        max=30.0,
        step=0.1,
        tooltip="The teacher's CFG, which is learned by heart. 1 is none and half the time; above "
        "8 pictures burn.",
    )


def side_input(name: str, what: str) -> io.Int.Input:
    return io.Int.Input(
        name,
        default=512,
        min=16,
        max=4096,
        step=8,
        tooltip=f"{what} of the pictures to learn on, as the model was trained: 512 for SD 1.5, "
        "1024 for SDXL. Smaller is faster and blurs large pictures.",
    )


def run_name_input(what: str) -> io.String.Input:
    return io.String.Input(
        "name",
        default="mine",
        tooltip=f"The folder of {what} in the user directory. The same settings go on with it; "
        "others are refused, so choose a new name for them.",
    )
