"""The example workflows for the demo model: its files, its pictures, its words and its size."""

import json
from pathlib import Path
from typing import Any

from ..paths import EXAMPLES
from .demo_files import MODEL_NAME
from .model_files import model_files, widget_values

# The files that the demo model stands in for; examples that name others are not for it.
STAND_INS = {
    "v1-5-pruned-emaonly-fp16.safetensors": MODEL_NAME,
    "sd_xl_base_1.0.safetensors": MODEL_NAME,
    "Hyper-SD15-1step-lora.safetensors": "fewstep-demo-tcd.safetensors",
    "Hyper-SD15-4steps-lora.safetensors": "fewstep-demo-tcd.safetensors",
    "sdxl_lightning_4step_lora.safetensors": "fewstep-demo-tcd.safetensors",
    "tcd-sd15/pytorch_lora_weights.safetensors": "fewstep-demo-tcd.safetensors",
    "lcm-sd15/pytorch_lora_weights.safetensors": "fewstep-demo-lcm.safetensors",
    "LCM_Dreamshaper_v7/diffusion_pytorch_model.safetensors": "fewstep-demo-lcm-unet.safetensors",
    "pixel-art-xl.safetensors": "fewstep-demo-style.safetensors",
    "control_v11p_sd15_scribble_fp16.safetensors": "fewstep-demo-scribble.safetensors",
}
# By the title of the node that loads it.
_PICTURES = {
    "Picture": "fewstep-example.png",
    "Picture with a mask": "fewstep-inpaint.png",
    "Scribble": "fewstep-scribble.png",
}
# The folder of pictures with captions that an example learns from.
STYLE_FOLDER = "my style"
_DEMO_STYLE = "fewstep-style"
# What the demo model draws in place of what an example asks for: it knows shapes and colours.
_PROMPTS = {
    "": "",
    "a lighthouse on a cliff at dusk, oil painting": "a red star on a blue background",
    "a cup of coffee on a wooden table, morning light": "a yellow moon on a purple background",
    "a red fox in the snow, watercolour": "a red ring on a white background",
    "a wooden boat on a calm lake, fog": "a green triangle on a yellow background",
    "a street market at night in the rain": "a purple ring on a white background",
    "a tiger resting in tall grass, photo": "a white cross on a red background",
    "a snowy mountain village, winter evening": "a blue moon on a white background",
    "a portrait, oil painting, warm colours": "a red star on a blue background",
    "a garden full of flowers, sunny day": "a red star on a blue background",
    "a stone bridge over a river, autumn": "a yellow star on a green background",
    "a stone bridge over a river, autumn, a boat": "a red cross on a yellow background",
    "boat": "red",
    "a castle on a hill, storm clouds": "a white star on a purple background",
    "an old oak tree in a field": "a green star on a black background",
    "a round pond in a park": "a red circle on a blue background",
    "a rose window in a cathedral": "a red star on a blue background",
    "a tea house in a bamboo forest": "a purple heart on a yellow background",
    "a hot-air balloon over fields, photo": "a red heart on a white background",
    "a sunflower in a glass vase": "a yellow circle on a blue background",
    "a robot reading a book, illustration": "a green star on a white background",
    "a corgi in a space suit, pixel art": "a blue square on a yellow background",
}
_ASKED, _DRAWN = (512, 1024), 64
_TRAINING = ("FewStepTeacherPaths", "FewStepDistil")
_SIZED = ("EmptyLatentImage", "ImageScale", "Painter", *_TRAINING)
# Enough to see that it runs: learning takes minutes.
_BRIEF = {"count": 2, "batch": 2, "preview_every": 0}
_BRIEF_STEPS = {"FewStepDistil": 2}
# What the page puts behind a seed.
_CONTROLS = ("fixed", "increment", "decrement", "randomize")
# By the name of a widget: pixels, frames, millions of pixels.
_SMALL = {"width": _DRAWN, "height": _DRAWN, "length": 9, "frames_number": 9, "megapixels": 0.01}
# The shift of FLUX.2 hangs on the size, and is published for this one.
_SMALL_FLUX2 = {"width": 512, "height": 512}


def titles() -> list[str]:
    """All examples, as the template browser sorts them."""
    return sorted(file.stem for file in EXAMPLES.glob("*.json"))


def demo_titles() -> list[str]:
    """The examples that the demo model can stand in for."""
    return [title for title in titles() if is_for_the_demo(example(title))]


def is_for_the_demo(workflow: dict[str, Any]) -> bool:
    """Whether the demo model has a stand-in for every file that the workflow names."""
    return all(name in STAND_INS for _, name in model_files(workflow))


def example(title: str) -> dict[str, Any]:
    """The example with this title, as saved."""
    return json.loads((EXAMPLES / f"{title}.json").read_text("utf-8"))


def small_workflow(title: str) -> dict[str, Any]:
    """The example with this title at the demo model's size, with the files it names."""
    workflow = example(title)
    for node in workflow["nodes"]:
        node["widgets_values"] = _small(node)
        if node["type"] in _TRAINING:
            _change(node, _BRIEF)
            _change(node, {"steps": _BRIEF_STEPS.get(node["type"], 8)})
    return workflow


def _small(node: dict[str, Any]) -> list[Any]:
    """The values of a node's widgets, with small ones for those of a size."""
    if node["type"] in _SIZED:
        return [_DRAWN if value in _ASKED else value for value in node["widgets_values"]]
    sizes = _SMALL_FLUX2 if node["type"] == "EmptyFlux2LatentImage" else _SMALL
    named = widget_values(node)
    # A plot is as wide as its words need.
    if node["type"] == "FewStepPlot" or not sizes.keys() & named.keys():
        return node.get("widgets_values") or []
    return [sizes.get(name, value) for name, value in named.items()]


def demo_workflow(title: str) -> dict[str, Any]:
    """The example with this title as the demo model draws it."""
    workflow = small_workflow(title)
    for node in workflow["nodes"]:
        node["properties"].pop("models", None)
        values = [STAND_INS.get(value, value) for value in node.get("widgets_values") or []]
        if node["type"] == "CLIPTextEncode":
            values = [_PROMPTS[text] for text in values]
        if node["type"] in _TRAINING:
            values[0] = "\n".join(_PROMPTS[line] for line in values[0].splitlines())
        if node["type"] == "LoadImage":
            values[0] = _PICTURES[node["title"]]
        if node["type"] == "LoadImageTextDataSetFromFolder":
            values = [{STYLE_FOLDER: _DEMO_STYLE}[value] for value in values]
        node["widgets_values"] = values
        if node["type"] in _TRAINING:
            # A run of its own: it has another teacher.
            _change(node, {"name": "demo"}, add=True)
    return workflow


def _change(node: dict[str, Any], changes: dict[str, Any], *, add: bool = False) -> None:
    """Sets widgets by name, or adds a word before what they hold."""
    names = [slot["name"] for slot in node["inputs"] if "widget" in slot]
    places = [at for at, value in enumerate(node["widgets_values"]) if value not in _CONTROLS]
    for name, at in zip(names, places, strict=True):
        if name in changes:
            held = node["widgets_values"][at]
            node["widgets_values"][at] = f"{changes[name]} {held}" if add else changes[name]


def add_demo_workflows(base_dir: Path) -> None:
    """Puts those it can run into the workflow list of the host's page; what is there stays."""
    folder = base_dir / "user" / "default" / "workflows"
    folder.mkdir(parents=True, exist_ok=True)
    for title in demo_titles():
        copy = folder / f"{title}.json"
        if not copy.exists():
            copy.write_text(json.dumps(demo_workflow(title)), "utf-8")
