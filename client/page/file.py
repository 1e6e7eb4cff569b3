"""The file of a workflow: in the page's own format, or a prompt as the API takes it."""

import json
from pathlib import Path
from typing import Any

from ..errors import InputError
from .widgets import Json
from .workflow import node_types, to_api, with_values


def read_workflow(path: Path) -> Json:
    """What the file holds; InputError if it is neither of the two."""
    try:
        found = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise InputError(f"{path} is not a workflow: it is not JSON.") from None
    if (
        not found
        or not isinstance(found, dict)
        or not (_is_prompt(found) or _is_saved_by_page(found))
    ):
        raise InputError(
            f"{path} is not a workflow: save one in ComfyUI with Save or with Export (API)."
        )
    return found


def types_in(file: Json) -> set[str]:
    """The types of the nodes that would run."""
    return (
        node_types(file)
        if _is_saved_by_page(file)
        else {node["class_type"] for node in file.values()}
    )


def prompt_of(file: Json, object_info: Json) -> Json:
    """The prompt that the page would send."""
    return to_api(file, object_info) if _is_saved_by_page(file) else file


def workflow_of(file: Json, object_info: Json, changes: dict[tuple[str, str], Any]) -> Json | None:
    """The workflow with these inputs changed, for the page to open; None where it cannot be."""
    return with_values(file, object_info, changes) if _is_saved_by_page(file) else None


def _is_saved_by_page(file: Json) -> bool:
    return isinstance(file.get("nodes"), list)


def _is_prompt(file: Json) -> bool:
    return all(
        isinstance(node, dict) and "class_type" in node and isinstance(node.get("inputs"), dict)
        for node in file.values()
    )
