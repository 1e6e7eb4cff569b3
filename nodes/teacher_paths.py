"""Teacher paths: what a slow model does, kept for a fast one to learn from."""

from comfy_api.v0_0_2 import io

from ..host.training import make_paths
from .inputs import seed_input
from .training_inputs import (
    TRAINING_ALIASES,
    TRAINING_CATEGORY,
    PathsType,
    negative_input,
    prompts_input,
    run_name_input,
    side_input,
    teacher_cfg_input,
)


class FewStepTeacherPaths(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepTeacherPaths",
            display_name="Teacher paths",
            category=TRAINING_CATEGORY,
            description="Draws pictures with a model as it is and keeps where each was on the way, "
            "for Distil an acceleration LoRA to learn from. Goes on where it was stopped.",
            search_aliases=[*TRAINING_ALIASES, "teacher"],
            inputs=[
                io.Model.Input("model", tooltip="The checkpoint, without an accelerator."),
                io.Clip.Input("clip", tooltip="The checkpoint's CLIP, for the prompts."),
                prompts_input(
                    "One prompt a line, some dozens or more of what you draw. The paths take "
                    "them in turn."
                ),
                negative_input(),
                io.Int.Input(
                    "count",
                    default=256,
                    min=1,
                    max=100000,
                    tooltip="How many paths. 256 are enough to begin with; more teach more.",
                ),
                teacher_cfg_input(),
                io.Int.Input(
                    "steps",
                    default=8,
                    min=1,
                    max=100,
                    tooltip="Steps of the teacher. 8 match the segments that are learned; more are "
                    "more exact and larger on disk. Use a multiple of 8.",
                ),
                side_input("width", "Width"),
                side_input("height", "Height"),
                seed_input("seed", "Path k starts from the noise of this seed + k."),
                run_name_input("the paths"),
            ],
            outputs=[
                PathsType.Output(
                    display_name="paths", tooltip="For paths of Distil an acceleration LoRA."
                ),
                io.String.Output(display_name="report", tooltip="What was drawn, in words."),
            ],
        )

    @classmethod
    def execute(cls, model, clip, **asked):
        paths = make_paths(model, clip, asked)
        return io.NodeOutput(paths, paths.told())
