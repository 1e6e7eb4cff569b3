"""What is run for the thumbnail of an example: the example itself, and what it is compared with.

Prompts are in the form that ComfyUI's API takes; those here change copies of them.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from .graph import Nodes

# Files in the host's input folder: `fewstep-scribble.png` and the like, and what they are.
_GIVEN = {"scribble": "drawing", "inpaint": "mask", "example": "first picture"}
# The smallest plot has the largest letters.
_PLOT = 320
_SHOWN = ("SaveImage", "PreviewImage")
# Their runs go on with the same seed alone.
_KEPT = ("FewStepTeacherPaths", "FewStepDistil")


class Before(NamedTuple):
    """What stands beside the picture: a file of the input folder, or another run."""

    label: str
    file: str = ""
    run: Nodes | None = None


def words_in(nodes: Nodes) -> list[str]:
    """The prompts that the demo model knows, in the order of the nodes."""
    return [node["inputs"]["text"] for node in _prompts(nodes)]


def with_scene(nodes: Nodes, words: str, mark: str, seed: int) -> Nodes:
    """Draws `words`, from the pictures with this mark. Two prompts stay as they are."""
    changed = deepcopy(nodes)
    prompts = list(_prompts(changed))
    if len(prompts) == 1:
        prompts[0]["inputs"]["text"] = words
    for node in changed.values():
        inputs = node["inputs"]
        if node["class_type"] not in _KEPT:
            inputs |= {name: seed for name in ("seed", "noise_seed") if name in inputs}
        if node["class_type"] == "FewStepPlot":
            inputs["width"] = _PLOT
        if node["class_type"] == "LoadImage":
            inputs["image"] = inputs["image"].replace(".png", f"{mark}.png")
        if node["class_type"] == "Painter":
            inputs["mask"] = f"fewstep-scribble{mark}.png"
    return changed


def before(nodes: Nodes, steps: str) -> Before | None:
    """What the picture is best seen beside; None for one that is made of words alone."""
    for node in nodes.values():
        file = node["inputs"].get({"LoadImage": "image", "Painter": "mask"}.get(node["class_type"]))
        if file:
            return Before(next(_GIVEN[kind] for kind in _GIVEN if kind in file), file=file)
    for kind, make in _OTHERS.items():
        found = [key for key, node in nodes.items() if node["class_type"] == kind]
        if found and (label_and_run := make(deepcopy(nodes), found, steps)):
            return Before(label_and_run[0], run=label_and_run[1])
    return None


def _first_pass(nodes: Nodes, upscalers: Sequence[str], _: str) -> tuple[str, Nodes]:
    """The picture that is enlarged, in place of the one that comes of it."""
    decode = next(node for node in nodes.values() if node["class_type"] == "VAEDecode")
    decode["inputs"]["samples"] = nodes[upscalers[0]]["inputs"]["samples"]
    return "first pass", nodes


def _one_prompt(nodes: Nodes, _: Sequence[str], __: str) -> tuple[str, Nodes] | None:
    prompts = list(_prompts(nodes))
    if len(prompts) < 2:
        return None
    for node in prompts[1:]:
        node["inputs"]["text"] = prompts[0]["inputs"]["text"]
    return "first prompt", nodes


def _without_style(nodes: Nodes, loaders: Sequence[str], _: str) -> tuple[str, Nodes]:
    for key in loaders:
        nodes[key]["inputs"]["strength_model"] = 0.0
    return "without style", nodes


def _without_lora(nodes: Nodes, loaders: Sequence[str], steps: str) -> tuple[str, Nodes] | None:
    """With more steps than one the model alone draws nearly as well."""
    if steps != "1":
        return None
    for key in loaders:
        nodes[key]["inputs"]["strength"] = 0.0
    return "without LoRA", nodes


_OTHERS = {
    "LatentUpscaleBy": _first_pass,
    "FewStepConditioningSteps": _one_prompt,
    "LoraLoaderModelOnly": _without_style,
    "FewStepLoraLoader": _without_lora,
}


def shown_nodes(nodes: Nodes) -> list[str]:
    """The nodes that show pictures."""
    return [key for key, node in nodes.items() if node["class_type"] in _SHOWN]


def _prompts(nodes: Nodes) -> Iterator[dict[str, Any]]:
    for node in nodes.values():
        if node["class_type"] == "CLIPTextEncode" and "background" in node["inputs"]["text"]:
            yield node
