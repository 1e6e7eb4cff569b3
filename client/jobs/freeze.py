"""From rows to jobs: each frozen, with an id made of what it will run."""

import json
import re
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import InputError
from ..page.widgets import Json
from .inputs import Input, find, only_seed
from .job import Job
from .template import Template
from .values import converted

_FIELD = re.compile(r"(?<!\{)\{([\w .-]+)\}(?!\})")
_NAMESPACE = uuid.UUID("5f2b3b0c-3a55-4f1c-9a53-0f6f2f1c7a10")


def freeze(
    template: Template, rows: Iterator[dict[str, Any]], settings: dict[str, str]
) -> list[Job]:
    """The jobs; rows that would run the very same prompt are one job."""
    jobs: dict[str, Job] = {}
    targets: dict[str, Input] = {}
    for row, values in enumerate(rows, 1):
        changes = {}
        for name, text in _settings(template.saved, values, settings).items():
            if name not in targets:
                targets[name] = find(template.saved, name, template.named)
            target = targets[name]
            value = _filled(text, values, name)
            try:
                changes[target] = converted(value, template.definition(target))
            except ValueError as error:
                raise InputError(f"Job {row}: {name} {error}.") from None
        prompt = template.prompt(changes)
        opened = template.open_text(changes)
        job_id = uuid.uuid5(_NAMESPACE, _canonical(prompt, opened)).hex
        if job_id not in jobs:
            text = template.settled_text(changes, job_id) if opened else {}
            drawn = {".".join(target): text[target] for target in opened if opened[target].is_drawn}
            jobs[job_id] = Job(job_id, len(jobs) + 1, {**values, **drawn}, changes, template, text)
    return list(jobs.values())


def _settings(saved: Json, values: dict[str, Any], given: dict[str, str]) -> dict[str, str]:
    """What to set: `--set`, columns that are addresses themselves, and the seed."""
    columns = {name: "{" + name + "}" for name in values if "." in name}
    settings = {**columns, **given}
    if "seed" in values and not any("{seed}" in str(text) for text in settings.values()):
        settings[only_seed(saved)] = "{seed}"
    return settings


def _filled(text: str, values: dict[str, Any], name: str) -> Any:
    whole = _FIELD.fullmatch(text)
    if whole:
        return _value(whole[1], values, name)
    filled = _FIELD.sub(lambda found: str(_value(found[1], values, name)), text)
    return filled.replace("{{", "{").replace("}}", "}")


def _value(column: str, values: dict[str, Any], name: str) -> Any:
    if column not in values:
        known = ", ".join(values) or "none"
        raise InputError(
            f"--set {name} wants the column {column}, and the columns are: {known};"
            " write {{" + column + "}} for the word in braces."
        )
    return values[column]


def _canonical(prompt: Json, opened: Iterable[Input]) -> str:
    run = {key: [node["class_type"], node["inputs"]] for key, node in prompt.items()}
    for node_id, name in opened:
        class_type, inputs = run[node_id]
        # The same letters from a table are literal: another job.
        run[node_id] = [class_type, {**inputs, name: {"open": inputs[name]}}]
    return json.dumps(run, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
