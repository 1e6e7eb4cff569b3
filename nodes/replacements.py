"""Workflows made with other TCD packs open with our nodes, where those packs are not installed."""

import sys

from comfy_api.v0_0_2 import ComfyAPI, io

_GRID = {
    **{"spacing": "grid", "denoise": 1.0, "timesteps": "", "img2img": "keep steps"},
    "shift": 0.0,
}
_AT_800 = {"steps": 1, **_GRID, "spacing": "listed", "timesteps": "800"}
_SAMPLER = {"s_noise": 1.0, "finish": "clean"}


async def register_replacements() -> None:
    """Tells the host which node of ours stands for which of another pack's.

    Does nothing in a host without a server or, before 0.14, without replacements.
    """
    server = sys.modules.get("server")
    running = getattr(getattr(server, "PromptServer", None), "instance", None)
    if not hasattr(running, "node_replace_manager"):
        return
    api = ComfyAPI()
    for replacement in _replacements():
        await api.node_replacement.register(replacement)


def _replacements() -> list[io.NodeReplace]:
    """All inputs of the new nodes are given: the host leaves the others empty."""
    return [
        # JettHu/ComfyUI-TCD. Its `scheduler` is left out: the timesteps are those of `simple`.
        io.NodeReplace(
            new_node_id="FewStepTCD",
            old_node_id="TCDModelSamplingDiscrete",
            old_widget_ids=["steps", "scheduler", "denoise", "eta"],
            input_mapping=_inputs({}, model="model", steps="steps", denoise="denoise", gamma="eta"),
            output_mapping=_outputs(3),
        ),
        # dfl/comfyui-tcd-scheduler and licyk/ComfyUI-TCD-Sampler.
        io.NodeReplace(
            new_node_id="FewStepScheduler",
            old_node_id="TCDScheduler",
            old_widget_ids=["steps"],
            input_mapping=_inputs(_GRID, model="model", steps="steps"),
            output_mapping=_outputs(1),
        ),
        *(
            io.NodeReplace(
                new_node_id="FewStepSamplerTCD",
                old_node_id=name,
                old_widget_ids=["gamma"],
                input_mapping=_inputs(_SAMPLER, gamma="gamma"),
                output_mapping=_outputs(1),
            )
            for name in ("SamplerTCD", "SamplerTCD EulerA")
        ),
        # ByteDance/Hyper-SD. Its `steps` had no effect.
        io.NodeReplace(
            new_node_id="FewStepScheduler",
            old_node_id="HyperSDXL1StepUnetScheduler",
            old_widget_ids=["steps"],
            input_mapping=_inputs(_AT_800, model="model"),
            output_mapping=_outputs(1),
        ),
    ]


def _inputs(fixed: dict, **from_old: str) -> list[dict]:
    taken = [{"new_id": new, "old_id": old} for new, old in from_old.items()]
    return taken + [{"new_id": new, "set_value": value} for new, value in fixed.items()]


def _outputs(count: int) -> list[dict]:
    return [{"new_idx": index, "old_idx": index} for index in range(count)]
