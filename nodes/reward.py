"""What scores the pictures of a training."""

from comfy_api.v0_0_2 import io

from ..host.folders import classifier_names
from ..host.training import CLASSIFIER, NO_HEAD, REWARDS, reward_of
from .training_inputs import TRAINING_CATEGORY, RewardType


class FewStepReward(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepReward",
            display_name="Reward for distillation",
            category=TRAINING_CATEGORY,
            description="Scores the pictures of a LoRA in training, which learns to be scored "
            "higher: by beauty, by the prompt, or by a classifier.",
            search_aliases=["reward", "feedback", "refl", "aesthetic", "human preference"],
            inputs=[
                io.Combo.Input(
                    "kind",
                    options=list(REWARDS),
                    default=CLASSIFIER,
                    tooltip="aesthetic asks a predictor of beauty on a CLIP vision. prompt asks "
                    "how near CLIP sees picture and prompt. classifier asks whether the picture "
                    "has what the prompt names.",
                ),
                io.ClipVision.Input(
                    "clip_vision",
                    optional=True,
                    tooltip="For aesthetic and prompt: from Load CLIP Vision, the model that the "
                    "head or the text was trained with.",
                ),
                io.Clip.Input(
                    "clip",
                    optional=True,
                    tooltip="For prompt: the text half of the same CLIP, with its trained "
                    "projection. SD 1.5's has none.",
                ),
                io.Combo.Input(
                    "head",
                    options=[NO_HEAD, *classifier_names()],
                    default=NO_HEAD,
                    optional=True,
                    tooltip="For aesthetic and classifier: a .safetensors in models/classifiers, "
                    "such as LAION's aesthetic predictor.",
                ),
            ],
            outputs=[
                RewardType.Output(
                    display_name="reward", tooltip="For reward of Distil an acceleration LoRA."
                )
            ],
        )

    @classmethod
    def execute(cls, kind, clip_vision=None, clip=None, head=NO_HEAD):
        return io.NodeOutput(reward_of(kind, clip_vision, clip, head))
