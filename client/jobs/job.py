"""One job of a batch."""

from typing import Any, NamedTuple

from ..page.widgets import Json
from .inputs import Input
from .template import Template


class Job(NamedTuple):
    """One run of the workflow: its id, its place in the batch, its values, what they change."""

    id: str
    number: int
    values: dict[str, Any]
    changes: dict[Input, Any]
    # The prompt is made when it is sent: a million jobs hold only what they change.
    template: Template
    # What the page makes of text that stands in the workflow, in this job.
    text: dict[Input, str]

    def prompt(self, mark: str) -> Json:
        """What the server runs, with the mark of this attempt."""
        return self.template.prompt({**self.changes, **self.text}, mark)

    def workflow(self) -> Json | None:
        """What the picture carries for the page; None where the prompt in it has to do."""
        return self.template.workflow(self.changes)
