"""Writes into the example workflows and blueprints where the files they name can be had.

ComfyUI's page reads `properties.models` of a node and offers a file that is missing for download.
The note of a workflow ends with the same, a file a line.
"""

import json
from pathlib import Path

from ..pack import pure
from ..paths import BLUEPRINTS, EXAMPLES
from ..user_error import UserError
from .base_models import BASE_MODELS, Published
from .model_files import files_of_node, graphs

# The endings of files that the page offers; links to others stand in the note alone.
_DOWNLOADED = (".safetensors", ".sft", ".ckpt", ".pth", ".pt")
_LIMITS = ("-nc", "non-commercial", "stabilityai")
_FILES = "\n\n**Files**\n\n"
_KINDS = {"loras": ("LoRA",)}
_WHOLE = ("UNet", "checkpoint")


def write_links() -> None:
    """Writes every example and every blueprint anew that does not say so yet."""
    for file in workflow_files():
        text = with_links(file.read_text("utf-8"))
        if text != file.read_text("utf-8"):
            file.write_text(text, "utf-8")


def workflow_files() -> list[Path]:
    """The examples and the blueprints."""
    return sorted([*EXAMPLES.glob("*.json"), *BLUEPRINTS.glob("*.json")])


def with_links(text: str) -> str:
    """A workflow's JSON with the links; raises UserError where a file has none."""
    workflow = json.loads(text)
    nodes = [node for graph in graphs(workflow) for node in graph["nodes"]]
    named: list[Published] = []
    for node in nodes:
        files = [published(*file) for file in files_of_node(node)]
        named += files
        models = [_for_page(file) for file in files if file.name.endswith(_DOWNLOADED)]
        if models:
            node["properties"]["models"] = models
        else:
            node["properties"].pop("models", None)
    for node in nodes:
        if node["type"] == "MarkdownNote":
            words = node["widgets_values"][0].partition(_FILES)[0]
            node["widgets_values"][0] = words + _listed(named)
    return json.dumps(workflow, indent=1, ensure_ascii=False) + "\n"


def published(directory: str, name: str) -> Published:
    """Where a file of this name is published; raises UserError where that is not known."""
    for file in BASE_MODELS:
        if (file.directory, file.name) == (directory, name):
            return file
    recipes = pure("recipes")
    kinds = _KINDS.get(directory, _WHOLE)
    recipe = recipes.recognise_name(name, recipes.builtin_recipes(), kinds).recipe
    end = f"/{Path(name).name}"
    links = [recipe.link_of(file) for file in recipe.files] if recipe else []
    for link in links:
        if link.endswith(end):
            return Published(directory, name, link, _limit(recipe.licence))
    raise UserError(
        f"Nothing says where {name} is published: add it to tools/examples/base_models.py, or its "
        "path to its recipe."
    )


def _limit(licence: str) -> str:
    return licence if any(part in licence.lower() for part in _LIMITS) else ""


def _for_page(file: Published) -> dict[str, str]:
    return {"name": file.name, "url": file.url, "directory": file.directory}


def _listed(files: list[Published]) -> str:
    lines = [_line(file) for file in dict.fromkeys(files)]
    return _FILES + "\n".join(lines) if lines else ""


def _line(file: Published) -> str:
    path = Path(file.directory) / file.name
    licence = f", licence {file.licence}" if file.licence else ""
    return f"- [{path.name}]({file.url}) in models/{path.parent.as_posix()}{licence}"
