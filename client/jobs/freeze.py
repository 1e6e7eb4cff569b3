"""From a table, lists and seeds to jobs: each frozen, with an id made of what it will run."""

import csv
import io
import itertools
import json
import re
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import InputError
from .inputs import Address
from .template import Template

_FIELD = re.compile(r"(?<!\{)\{([\w .-]+)\}(?!\})")
_NAMESPACE = uuid.UUID("5f2b3b0c-3a55-4f1c-9a53-0f6f2f1c7a10")


class Job(NamedTuple):
    """One run of the workflow: its id, its place in the batch, and the inputs it changes."""

    id: str
    number: int
    values: dict[str, Any]
    changes: dict[Address, Any]


def read_table(file: Path) -> list[dict[str, Any]]:
    """The rows of a CSV file, whose first line names the columns, or of a file of JSON lines."""
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{file} is not in UTF-8: save it as UTF-8.") from None
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from None
    rows = list(_json_rows(file, text) if file.suffix == ".jsonl" else _csv_rows(file, text))
    if not rows:
        raise InputError(f"{file} has no rows.")
    return rows


def numbers(text: str) -> list[int]:
    """`0-99,200` as a list."""
    found = []
    for part in text.split(","):
        ends = re.fullmatch(r"\s*(\d+)(?:\s*-\s*(\d+))?\s*", part)
        if not ends or (ends[2] and int(ends[2]) < int(ends[1])):
            raise InputError(f"--seeds {text} is no range: write 0-99 or 1,5,9.")
        found += range(int(ends[1]), int(ends[2] or ends[1]) + 1)
    return found


def product(
    rows: list[dict[str, Any]], lists: dict[str, list[str]], seeds: Sequence[int] | None
) -> Iterator[dict[str, Any]]:
    """Every row with every choice of the lists and every seed."""
    axes = [[(name, value) for value in values] for name, values in lists.items()]
    if seeds is not None:
        axes.append([("seed", seed) for seed in seeds])
    known = set(rows[0]) if rows else set()
    for name in [axis[0][0] for axis in axes]:
        if name in known:
            raise InputError(f"{name} is a column of the table too: give it in one place.")
    for row, *choices in itertools.product(rows or [{}], *axes):
        yield {**row, **dict(choices)}


def freeze(template: Template, rows: Iterator[dict[str, Any]], settings: dict[str, str]) -> list:
    """The jobs; rows that would run the very same prompt are one job."""
    jobs: dict[str, Job] = {}
    targets: dict[str, Address] = {}
    for row, values in enumerate(rows, 1):
        changes = {}
        for name, text in _settings(template, values, settings).items():
            if name not in targets:
                targets[name] = template.address(name)
            target = targets[name]
            value = _filled(text, values, name)
            try:
                changes[target] = template.converted(target, value)
            except ValueError as error:
                raise InputError(f"Job {row}: {name} {error}.") from None
        prompt = template.prompt(changes)
        job_id = uuid.uuid5(_NAMESPACE, _canonical(prompt)).hex
        if job_id not in jobs:
            jobs[job_id] = Job(job_id, len(jobs) + 1, values, changes)
    return list(jobs.values())


def _settings(template: Template, values: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    """What to set: `--set`, columns that are addresses themselves, and the seed."""
    columns = {name: "{" + name + "}" for name in values if "." in name}
    settings = {**columns, **given}
    if "seed" in values and not any("{seed}" in str(text) for text in settings.values()):
        settings[template.only_seed()] = "{seed}"
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


def _csv_rows(file: Path, text: str) -> Iterator[dict[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                raise InputError(
                    f"{file}, line {reader.line_num}, has not as many cells as the first line:"
                    " put texts with commas in quotes."
                )
            yield row
    except csv.Error as error:
        raise InputError(f"{file}, line {reader.line_num}: {error}.") from None


def _json_rows(file: Path, text: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(f"{file}, line {number}, is not JSON: {error}.") from None
        if not isinstance(row, dict):
            raise InputError(f"{file}, line {number}, is not an object with column names.")
        yield row


def _canonical(prompt: dict[str, Any]) -> str:
    run = {key: [node["class_type"], node["inputs"]] for key, node in prompt.items()}
    return json.dumps(run, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
