"""The node list, and what happens once when ComfyUI loads the pack."""

import os

from comfy_api.v0_0_2 import ComfyExtension, io

from ..host.routes import add_routes
from ..host.sampling.samplers import add_to_dropdown
from .by_step import FewStepGuider, FewStepSplit
from .compare import FewStepCompare
from .controlnet import FewStepConditioningSteps, FewStepControlNetApply
from .distil import FewStepDistil
from .experts import FewStepExperts
from .ksampler import FewStepKSampler
from .lora_loader import FewStepLoraLoader
from .negative import FewStepNegative
from .noise import FewStepNoise
from .one_step_loader import FewStepOneStepLoader
from .plot import FewStepPlot
from .recipes import FewStepFromRecipe, FewStepRecipe
from .replacements import register_replacements
from .reward import FewStepReward
from .samplers import FewStepSamplerHyperSD, FewStepSamplerLCM, FewStepSamplerTCD
from .save_accelerator import FewStepSaveAccelerator
from .scheduler import FewStepScheduler
from .tcd import FewStepTCD
from .teacher_paths import FewStepTeacherPaths


class FewStepExtension(ComfyExtension):
    async def on_load(self) -> None:
        add_routes()
        if os.environ.get("FEWSTEP_KSAMPLER") == "1":
            add_to_dropdown()
        await register_replacements()

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return [
            FewStepSamplerTCD,
            FewStepSamplerLCM,
            FewStepSamplerHyperSD,
            FewStepScheduler,
            FewStepNoise,
            FewStepLoraLoader,
            FewStepOneStepLoader,
            FewStepRecipe,
            FewStepFromRecipe,
            FewStepKSampler,
            FewStepPlot,
            FewStepCompare,
            FewStepControlNetApply,
            FewStepConditioningSteps,
            FewStepTCD,
            FewStepExperts,
            FewStepSplit,
            FewStepGuider,
            FewStepNegative,
            FewStepTeacherPaths,
            FewStepDistil,
            FewStepSaveAccelerator,
            FewStepReward,
        ]


async def comfy_entrypoint() -> FewStepExtension:
    return FewStepExtension()
