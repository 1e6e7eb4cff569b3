"""What the server says of a prompt it refused or has run."""

import json
from typing import Any

from ..errors import JobError

File = dict[str, str]


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
    except (ValueError, KeyError, TypeError, AttributeError):
        reasons = [f"{body.strip()[:300] or 'no reason given'} (HTTP {status})"]
    return "The server refused it: " + "; ".join(reasons)


def files_of(entry: dict[str, Any]) -> list[File]:
    """The files of a history entry, in the order of their nodes; JobError says why there are none.

    Files in the output folder; those of previews only where there are no others.
    """
    status = entry.get("status") or {}
    if status.get("status_str") != "success":
        raise JobError(_failure(status))
    found = [
        item
        for node_id in sorted(entry.get("outputs") or {}, key=_natural)
        for items in entry["outputs"][node_id].values()
        if isinstance(items, list)
        for item in items
        if isinstance(item, dict) and item.get("filename")
    ]
    kept = [item for item in found if item.get("type", "output") == "output"] or found
    if not kept:
        raise JobError("It ran, but no node has saved a file.")
    return kept


def _failure(status: dict[str, Any]) -> str:
    for name, details in reversed(status.get("messages") or []):
        where = f"{details.get('node_type')} (node {details.get('node_id')})"
        if name == "execution_error":
            what = str(details.get("exception_message", "")).strip()
            return f"{where} failed with {details.get('exception_type')}: {what}"
        if name == "execution_interrupted":
            return f"It was interrupted on the server in {where}."
    return "It did not succeed, and the server does not say why."


def _reason(error: dict[str, Any]) -> str:
    details = error.get("details")
    return f"{error.get('message', 'no reason given')}" + (f" ({details})" if details else "")


def _natural(node_id: str) -> list[tuple[int, str]]:
    return [(int(part) if part.isdigit() else 0, part) for part in node_id.split(":")]
