"""Which model files a workflow names, and the folders under `models` that they belong in."""

from collections.abc import Iterator
from typing import Any

_FOLDERS = {
    "ckpt_name": "checkpoints",
    "base_checkpoint": "checkpoints",
    "unet_name": "diffusion_models",
    "vae_name": "vae",
    "lora_name": "loras",
    "control_net_name": "controlnet",
    "clip_name1": "text_encoders",
    "clip_name2": "text_encoders",
    "clip_name3": "text_encoders",
}
_DEMO = "fewstep-demo"


def model_files(workflow: dict[str, Any]) -> set[tuple[str, str]]:
    """Folder and name of every model file in a workflow as saved."""
    inside = (workflow.get("definitions") or {}).get("subgraphs") or []
    graphs = [workflow, *inside]
    return {found for graph in graphs for node in graph["nodes"] for found in _of_node(node)}


def is_for_the_demo(workflow: dict[str, Any]) -> bool:
    """Whether the demo model can run it: all files it names are the demo model's."""
    return all(name.startswith(_DEMO) for _, name in model_files(workflow))


def _of_node(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    names = [slot["name"] for slot in node.get("inputs", []) if "widget" in slot]
    values = dict(zip(names, node.get("widgets_values") or [], strict=False))
    if "model_name" in values:
        # A file that needs a base has no CLIP and no VAE: it is a diffusion model.
        alone = values["base_checkpoint"] == "none"
        yield "checkpoints" if alone else "diffusion_models", values["model_name"]
    for name, folder in _FOLDERS.items():
        if name in values and values[name] != "none":
            yield folder, values[name]
