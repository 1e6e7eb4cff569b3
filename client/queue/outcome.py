"""What the server says of a prompt it refused or has run, whatever shape that has."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..errors import JobError
from .text import clean, is_plain

# The folders of files that a run makes; `input` holds what people have put there.
_MADE_IN = ("output", "temp")
_LONGEST_NAME = 1000
_UNSAID = ", and the server does not say why."


class File(NamedTuple):
    """A file on the server, by what it is asked for."""

    filename: str
    subfolder: str
    type: str


class Outcome(NamedTuple):
    """The files of a run, and when it began by the server's clock (seconds; None: not told).

    `error`: why it failed, in a sentence; it may have written its files before that.
    """

    files: list[File]
    began: float | None = None
    error: str | None = None


def refusal(status: int, body: str) -> str:
    """The server's reasons, each with its node."""
    try:
        said = json.loads(body)
        reasons = [
            f"{node['class_type']} (node {node_id}): {_reason(error)}"
            for node_id, node in (said.get("node_errors") or {}).items()
            for error in node["errors"]
        ]
        main = said.get("error") or {}
        reasons = reasons or [_reason(main) if isinstance(main, dict) else str(main)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        reasons = [f"{body.strip()[:300] or 'no reason given'} (HTTP {status})"]
    return clean("The server refused it: " + "; ".join(reasons))


def outcome_of(entry: Any) -> Outcome:
    """The files of a history entry, in the order of their nodes; JobError if it cannot be read.

    Files in the output folder; those of previews only where there are no others. What people have
    put in, and what nodes that did not run tell of an earlier run, is none of this run's.
    """
    if not isinstance(entry, dict):
        raise JobError(_odd("a result", entry))
    status = entry.get("status")
    messages = list(_messages(status))
    if not isinstance(status, dict) or status.get("status_str") != "success":
        return Outcome(_written(entry), error=_failure(messages))
    outputs = entry.get("outputs")
    if not isinstance(outputs, dict):
        raise JobError(_odd("the outputs", outputs))
    cached = _cached(messages)
    found = {node_id: list(_files(outputs[node_id])) for node_id in sorted(outputs, key=_natural)}
    ran = [file for node_id, files in found.items() if node_id not in cached for file in files]
    told = ran or [file for files in found.values() for file in files]
    made = list(dict.fromkeys(file for file in told if file.type in _MADE_IN))
    return Outcome([file for file in made if file.type == "output"] or made, _begin(messages))


def _written(entry: dict[str, Any]) -> list[File]:
    """What a run that failed has written before, as far as that can be read."""
    try:
        return [file for output in entry["outputs"].values() for file in _files(output)]
    except (JobError, KeyError, AttributeError):
        return []


def _files(output: Any) -> Iterator[File]:
    if not isinstance(output, dict):
        raise JobError(_odd("an output", output))
    for items in output.values():
        for item in items if isinstance(items, list) else []:
            if isinstance(item, dict) and item.get("filename") is not None:
                yield _file(item)


def _file(item: dict[str, Any]) -> File:
    file = File(item["filename"], item.get("subfolder") or "", item.get("type") or "output")
    for part in file:
        if not isinstance(part, str) or len(part) > _LONGEST_NAME or not is_plain(part):
            raise JobError(_odd("a file", part))
    if not file.filename:
        raise JobError(_odd("a file", "no name"))
    return file


def _odd(what: str, it: Any) -> str:
    return clean(f"The server tells of {what} as ComfyUI does not: {str(it)[:80]!r}.")


def _messages(status: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    told = status.get("messages") if isinstance(status, dict) else None
    for message in told if isinstance(told, list) else []:
        if isinstance(message, list) and len(message) == 2 and isinstance(message[1], dict):
            yield str(message[0]), message[1]


def _cached(messages: list[tuple[str, dict[str, Any]]]) -> set[str]:
    """The nodes that did not run: all they had was there."""
    lists = [details.get("nodes") for name, details in messages if name == "execution_cached"]
    return {str(node) for nodes in lists if isinstance(nodes, list) for node in nodes}


def _begin(messages: list[tuple[str, dict[str, Any]]]) -> float | None:
    times = [details.get("timestamp") for name, details in messages if name == "execution_start"]
    return next((time / 1000 for time in times if isinstance(time, (int, float))), None)


def _failure(messages: list[tuple[str, dict[str, Any]]]) -> str:
    for name, details in reversed(messages):
        where = f"{details.get('node_type') or 'A node'} (node {details.get('node_id', '?')})"
        if name == "execution_error":
            kind, what = (details.get(f"exception_{part}") or "" for part in ("type", "message"))
            told = clean(what) and f"{kind or 'an error'}: {what}" or clean(kind)
            return clean(f"{where} failed{told and f' with {told}' or _UNSAID}")
        if name == "execution_interrupted":
            return clean(f"It was interrupted on the server in {where}.")
    return f"It did not succeed{_UNSAID}"


def _reason(error: dict[str, Any]) -> str:
    details = error.get("details")
    return f"{error.get('message', 'no reason given')}" + (f" ({details})" if details else "")


def _natural(node_id: Any) -> list[tuple[int, str]]:
    parts = str(node_id).split(":")
    return [(int(p) if p.isascii() and p.isdigit() and len(p) < 20 else 0, p) for p in parts]
