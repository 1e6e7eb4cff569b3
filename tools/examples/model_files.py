"""Which model files a workflow names, and the folders under `models` that they belong in."""

from collections.abc import Iterator
from typing import Any

from ..pack import pure

_FOLDERS = {
    "ckpt_name": "checkpoints",
    "base_checkpoint": "checkpoints",
    "unet_name": "diffusion_models",
    "vae_name": "vae",
    "lora_name": "loras",
    "start_lora": "loras",
    "control_net_name": "controlnet",
    "text_encoder": "text_encoders",
    "clip_name": "text_encoders",
    "clip_name1": "text_encoders",
    "clip_name2": "text_encoders",
    "clip_name3": "text_encoders",
}

_OF_NODE = {"LatentUpscaleModelLoader": "latent_upscale_models"}


def model_files(workflow: dict[str, Any]) -> set[tuple[str, str]]:
    """Folder and name of every model file in a workflow as saved."""
    return {
        found
        for graph in graphs(workflow)
        for node in graph["nodes"]
        for found in files_of_node(node)
    }


def graphs(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    """The workflow and the subgraphs in it."""
    return [workflow, *((workflow.get("definitions") or {}).get("subgraphs") or [])]


def files_of_node(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Folder and name of the model files that a node names."""
    values = widget_values(node)
    if "model_name" in values:
        yield _folder_of(node["type"], values), values["model_name"]
    for name, folder in _FOLDERS.items():
        if name in values and values[name] != "none":
            yield folder, values[name]


def _folder_of(kind: str, values: dict[str, Any]) -> str:
    """Whole models lie where their recipe says, or as they are loaded: those with a base are UNets.

    The host's loaders that call their file `model_name` have folders of their own.
    """
    if kind in _OF_NODE:
        return _OF_NODE[kind]
    recipes = pure("recipes")
    known = recipes.builtin_recipes()
    found = recipes.recognise_name(values["model_name"], known, ("UNet", "checkpoint")).recipe
    whole = found.kind == "checkpoint" if found else values["base_checkpoint"] == "none"
    return "checkpoints" if whole else "diffusion_models"


def widget_values(node: dict[str, Any]) -> dict[str, Any]:
    """The values of a loader's widgets by name; other nodes have values between them."""
    names = [slot["name"] for slot in node.get("inputs", []) if "widget" in slot]
    return dict(zip(names, node.get("widgets_values") or [], strict=False))
