"""The file of a workflow: in the page's own format, a prompt for the API, or what ComfyUI saved."""

import json
from pathlib import Path
from typing import Any

from ..errors import InputError
from .circle import without_circles
from .media.carried import carried
from .widgets import Json
from .workflow import node_types, to_api, with_values

# Deeper than any workflow; what is deeper would exhaust who goes through it.
_DEEPEST = 100
# What the batch itself has put into its pictures, and old hosts into theirs.
_NOT_INPUTS, _NOT_OF_NODES = {"fewstep_batch"}, {"is_changed"}


def read_workflow(path: Path) -> Json:
    """What the file holds; InputError if it is neither of the three."""
    try:
        with path.open("rb") as file:
            found = carried(file)
        if found is None:
            return _checked(path, _parsed(path.read_text("utf-8-sig")))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    except InputError:
        raise
    except (ValueError, RecursionError):
        raise InputError(f"{path} is not a workflow: it is not JSON.") from None
    return _of_picture(path, found)


def types_in(file: Json) -> set[str]:
    """The types of the nodes that would run."""
    return (
        node_types(file)
        if _is_saved_by_page(file)
        else {node["class_type"] for node in file.values()}
    )


def prompt_of(file: Json, object_info: Json) -> Json:
    """The prompt that the page would send."""
    if _is_saved_by_page(file):
        return to_api(file, object_info)
    return without_circles(file, object_info)


def workflow_of(file: Json, object_info: Json, changes: dict[tuple[str, str], Any]) -> Json | None:
    """The workflow with these inputs changed, for the page to open; None where it cannot be."""
    return with_values(file, object_info, changes) if _is_saved_by_page(file) else None


def _of_picture(path: Path, found: dict[str, str]) -> Json:
    """The prompt that a picture carries; where it has only a workflow, that."""
    for name in ("prompt", "workflow"):
        try:
            return _checked(path, _parsed(found[name]))
        except (KeyError, ValueError, RecursionError):
            continue
    raise InputError(
        f"{path} carries no prompt: it was not saved by ComfyUI, or something has taken it out;"
        " give the workflow's JSON."
    )


def _parsed(text: str) -> Any:
    found = json.loads(text)
    level = [found]
    for _ in range(_DEEPEST):
        inside = [
            value.values() if isinstance(value, dict) else value
            for value in level
            if isinstance(value, (dict, list))
        ]
        level = [value for values in inside for value in values]
        if not level:
            return found
    raise InputError(f"The workflow has values more than {_DEEPEST} deep.")


def _checked(path: Path, found: Any) -> Json:
    if isinstance(found, dict):
        if _is_saved_by_page(found):
            return found
        nodes = found.get("prompt") if isinstance(found.get("prompt"), dict) else found
        # An export may have more beside its nodes, such as a version.
        nodes = {str(key): node for key, node in nodes.items() if _is_meant_as_node(node)}
        if nodes and all(map(_is_node, nodes.values())):
            return {key: _clean(node) for key, node in nodes.items()}
    raise InputError(
        f"{path} is not a workflow: save one in ComfyUI with Save or with Export (API)."
    )


def _is_saved_by_page(file: Json) -> bool:
    return isinstance(file.get("nodes"), list)


def _is_meant_as_node(found: Any) -> bool:
    return isinstance(found, dict) and ("class_type" in found or "inputs" in found)


def _is_node(node: Json) -> bool:
    return isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)


def _clean(node: Json) -> Json:
    """A node with its title, without what a batch or an old host has put beside its inputs."""
    inputs = {name: value for name, value in node["inputs"].items() if name not in _NOT_INPUTS}
    meta = node["_meta"] if isinstance(node.get("_meta"), dict) else {"title": node["class_type"]}
    kept = {name: value for name, value in node.items() if name not in _NOT_OF_NODES}
    return {**kept, "inputs": inputs, "_meta": meta}
