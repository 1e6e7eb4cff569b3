"""The workflow of a batch, and the prompt that each job makes of it."""

import json
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..page.widgets import choices_of, settled
from ..page.workflow import is_saved_by_page, node_types, to_api, with_values
from .inputs import Address, find, seeds

# An input that no node has: ComfyUI does not read it, but its cache tells tries apart by it, and
# reports files again that an earlier run has made. It also names the job inside of the picture.
MARK = "fewstep_batch"


def read_workflow(file: Path) -> dict[str, Any]:
    """A workflow of the page or a prompt of the API, from its file."""
    try:
        found = json.loads(file.read_text("utf-8-sig"))
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise InputError(f"{file} is not a workflow: it is not JSON.") from None
    is_prompt = isinstance(found, dict) and all(
        isinstance(node, dict) and "class_type" in node and isinstance(node.get("inputs"), dict)
        for node in found.values()
    )
    if not found or not (is_prompt or (isinstance(found, dict) and is_saved_by_page(found))):
        raise InputError(
            f"{file} is not a workflow: save one in ComfyUI with Save or with Export (API)."
        )
    return found


def types_in(file: dict[str, Any]) -> set[str]:
    """The types of the nodes that would run."""
    if is_saved_by_page(file):
        return node_types(file)
    return {node["class_type"] for node in file.values()}


class Template:
    """A workflow and the definitions of its nodes, from which prompts are made."""

    def __init__(self, file: dict[str, Any], object_info: dict[str, Any]) -> None:
        self._info = object_info
        self._workflow = file if is_saved_by_page(file) else None
        self._prompt = to_api(file, object_info) if self._workflow else file
        self._outputs = [
            node_id
            for node_id, node in self._prompt.items()
            if object_info[node["class_type"]].get("output_node")
        ]
        if not self._outputs:
            raise InputError("The workflow saves nothing: add a Save Image node.")

    def address(self, name: str) -> Address:
        """The input a name means."""
        return find(self._prompt, name)

    def only_seed(self) -> str:
        """The name of the one seed in the workflow."""
        found = [f"{node}.{name}" for node, name in seeds(self._prompt)]
        if len(found) != 1:
            which = ", ".join(found) or "none"
            raise InputError(
                f'The seeds of the workflow are: {which}. Say which: --set "NODE.INPUT={{seed}}".'
            )
        return found[0]

    def converted(self, address: Address, value: Any) -> Any:
        """The value as the input's type; ValueError says what it is not."""
        node_id, name = address
        spec = self._spec(self._prompt[node_id]["class_type"], name)
        kind = spec[0] if spec else None
        if isinstance(value, str) and kind in _READ:
            return _READ[kind](value.strip())
        choices = [choice for choice in choices_of(spec) if str(choice) == value] if spec else []
        return choices[0] if choices else value

    def prompt(self, changes: dict[Address, Any], mark: str | None = None) -> dict[str, Any]:
        """The prompt with these inputs changed; a mark sets its outputs apart in the cache."""
        prompt = dict(self._prompt)
        marks = {(node_id, MARK): mark for node_id in self._outputs} if mark else {}
        for (node_id, name), value in {**changes, **marks}.items():
            node = prompt[node_id]
            prompt[node_id] = settled({**node, "inputs": {**node["inputs"], name: value}})
        return prompt

    def workflow(self, changes: dict[Address, Any]) -> dict[str, Any] | None:
        """What a picture carries for the page, with the job's values in it, where that is possible.

        Where it is not, None: the page then opens the prompt in the picture, which is right.
        """
        return with_values(self._workflow, self._info, changes) if self._workflow else None

    def _spec(self, class_type: str, name: str) -> list | None:
        inputs = self._info[class_type]["input"]
        return next(
            (inputs[group][name] for group in inputs if name in (inputs[group] or {})), None
        )


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f'wants a whole number, and "{text}" is none') from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f'wants a number, and "{text}" is none') from None


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0", "yes", "no"):
        raise ValueError(f'wants true or false, and "{text}" is neither')
    return text.lower() in ("true", "1", "yes")


_READ = {"INT": _whole, "FLOAT": _number, "BOOLEAN": _truth}
