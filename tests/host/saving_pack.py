"""A stand-in for packs whose nodes save in their own ways, and ComfyUI's own socket node."""

import os
import shutil
from pathlib import Path

_CODE = '''
import json
import os

import folder_paths
from comfy_api.latest import io
from PIL import Image


def _color(images):
    return tuple(int(round(value * 255)) for value in images[0][0][0].tolist())


def _save(images, name):
    folder = folder_paths.get_output_directory()
    picture = Image.new("RGB", (images.shape[2], images.shape[1]), _color(images))
    picture.save(os.path.join(folder, name), compress_level=0)
    return {{"ui": {{"images": [{{"filename": name, "subfolder": "", "type": "output"}}]}}}}


def _numbered(images, prefix, given):
    folder = folder_paths.get_output_directory()
    count = sum(name.startswith(prefix) for name in os.listdir(folder))
    with open(os.path.join(folder, prefix + ".jsonl"), "a") as seen:
        seen.write(json.dumps({{name: repr(value)[:200] for name, value in given.items()}}) + "\\n")
    return _save(images, f"{{prefix}}_{{count:05d}}.png")


class Anything(dict):
    """The inputs of a node that takes whatever it is given."""

    def __contains__(self, name):
        return True

    def __getitem__(self, name):
        return ("*", {{}})


class SavesOver:
    CATEGORY, FUNCTION, RETURN_TYPES, OUTPUT_NODE = "tests", "save", (), True

    @classmethod
    def INPUT_TYPES(cls):
        return {{"required": {{"images": ("IMAGE",), "name": ("STRING", {{}})}}}}

    def save(self, images, name):
        return _save(images, name + ".png")


class ReadsAny:
    CATEGORY, FUNCTION, RETURN_TYPES, OUTPUT_NODE = "tests", "save", (), True

    @classmethod
    def INPUT_TYPES(cls):
        return {{"required": {{"images": ("IMAGE",), "prefix": ("STRING", {{}})}},
                "optional": Anything()}}

    def save(self, images, prefix, **given):
        return _numbered(images, prefix, given)


class ReadsAnyAndThePrompt(ReadsAny):
    @classmethod
    def INPUT_TYPES(cls):
        return {{**super().INPUT_TYPES(), "hidden": {{"prompt": "PROMPT"}}}}

    def save(self, images, prefix, prompt, **given):
        given["prompt is the prompt"] = sorted(prompt) == ["1", "2"]
        return _numbered(images, prefix, given)


_NAMED = "{prefix}ReadsAnyV3"


class ReadsAnyV3(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id=_NAMED,
            category="tests",
            is_output_node=True,
            accept_all_inputs=True,
            inputs=[io.Image.Input("images"), io.String.Input("prefix")],
        )

    @classmethod
    def execute(cls, images, prefix, **given):
        return io.NodeOutput(ui=_numbered(images, prefix, given)["ui"])


{mappings} = {{
    "{prefix}" + node.__name__: node
    for node in (SavesOver, ReadsAny, ReadsAnyAndThePrompt, ReadsAnyV3)
}}
'''
PREFIX = "Tests"
# In parts, or scanners of packs would take the nodes for some of ours.
_MAPPINGS = "_".join(("NODE", "CLASS", "MAPPINGS"))
_SOCKET_NODE = "websocket_image_save.py"


def install(custom_nodes):
    folder = custom_nodes / "saving_stand_in"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(_CODE.format(mappings=_MAPPINGS, prefix=PREFIX))
    shutil.copy(
        Path(os.environ["FEWSTEP_HOST"]) / "custom_nodes" / _SOCKET_NODE,
        custom_nodes / _SOCKET_NODE,
    )
