"""The prompt that each job makes of the batch's workflow."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ..errors import InputError
from ..page.file import prompt_of, workflow_of
from ..page.text import Written, chooser
from ..page.widgets import Json, is_widget, settled, specs
from .inputs import Input
from .mark import MARK, places

__all__ = ["MARK", "Template"]

# The node that sends its pictures through the socket, and saves none.
_SPEAKS = "SaveImageWebsocket"


class Template:
    """A workflow and the definitions of its nodes; `saved` is its prompt before any change."""

    def __init__(self, file: Json, object_info: Json) -> None:
        self._file, self._info = file, object_info
        self.saved = prompt_of(file, object_info)
        self._outputs = [
            node_id
            for node_id, node in self.saved.items()
            if object_info[node["class_type"]].get("output_node")
        ]
        self._written = {
            Input(node_id, name): value
            for node_id, node in self.saved.items()
            for name, value in node["inputs"].items()
            if isinstance(value, Written)
        }
        # Tokens of one batch name one moment.
        self._now = datetime.now()
        self.spoken = frozenset(
            node_id for node_id in self._outputs if self.saved[node_id]["class_type"] == _SPEAKS
        )
        if not self._outputs:
            raise InputError("The workflow saves nothing: add a Save Image node.")

    def definition(self, target: Input) -> list | None:
        """How the node defines an input; None for one that only another input's choice brings."""
        inputs = self._info[self.saved[target.node]["class_type"]]["input"]
        return next(
            (group[target.name] for group in inputs.values() if target.name in (group or {})), None
        )

    def named(self, node_id: str) -> Iterator[str]:
        """The inputs that a node has: in the prompt, or a widget that an export has left out."""
        node = self.saved[node_id]
        yield from node["inputs"]
        for name, spec in specs(self._info[node["class_type"]]).items():
            if name not in node["inputs"] and is_widget(spec):
                yield name

    def open_text(self, changes: dict[Input, Any]) -> dict[Input, Written]:
        """The texts of the workflow that only a job settles, such as choices."""
        return {target: text for target, text in self._written.items() if target not in changes}

    def settled_text(self, changes: dict[Input, Any], job_id: str) -> dict[Input, str]:
        """What these texts are in a job: its id alone makes the choices, wherever it runs."""
        return {
            target: text.value(chooser(f"{job_id} {'.'.join(target)}"), changes, self._now)
            for target, text in self.open_text(changes).items()
        }

    def prompt(self, changes: dict[Input, Any], mark: str | None = None) -> Json:
        """The prompt with these inputs changed; a mark sets its outputs apart in the cache."""
        prompt = dict(self.saved)
        changed = {target.node for target in changes}
        at = places(self.saved, self._info, self._outputs, changed) if mark else ()
        marks = {Input(*place): mark for place in at}
        for (node_id, name), value in {**changes, **marks}.items():
            node = prompt[node_id]
            prompt[node_id] = settled({**node, "inputs": {**node["inputs"], name: value}})
        return prompt

    def workflow(self, changes: dict[Input, Any]) -> Json | None:
        """What a picture carries for the page, with the job's values in it, where that is possible.

        Where it is not, None: the page then opens the prompt in the picture, which is right.
        """
        return workflow_of(self._file, self._info, changes)
