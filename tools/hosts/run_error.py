"""What the host says about a workflow it refused or could not finish, in words."""

import json
from typing import Any

from ..user_error import UserError


class RunError(UserError):
    """A workflow did not run; `details` is what the host answered."""

    def __init__(self, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.details = details or {}


def refused_prompt(body: bytes) -> RunError:
    """From the answer of /prompt to a prompt that is not valid."""
    try:
        answer = json.loads(body)
    except ValueError:
        return RunError(f"ComfyUI refused the workflow: {body[:500].decode(errors='replace')}")
    reasons = [
        f"{node['class_type']} (node {node_id}): {_reason(error)}"
        for node_id, node in answer.get("node_errors", {}).items()
        for error in node["errors"]
    ]
    main = answer.get("error", {})
    reasons = reasons or [_reason(main) if isinstance(main, dict) else str(main)]
    return RunError("ComfyUI refused the workflow: " + "; ".join(reasons), answer)


def execution_error(entry: dict[str, Any]) -> RunError:
    """From the history entry of a prompt that did not succeed."""
    for name, details in reversed(entry["status"].get("messages", [])):
        if name == "execution_error":
            where = f"{details['node_type']} (node {details['node_id']})"
            what = f"{details['exception_type']}: {details['exception_message'].strip()}"
            return RunError(f"{where} failed with {what}", details)
        if name == "execution_interrupted":
            where = f"{details['node_type']} (node {details['node_id']})"
            return RunError(f"The workflow was interrupted in {where}.", details)
    return RunError("The workflow did not succeed, and ComfyUI does not say why.", entry)


def _reason(error: dict[str, Any]) -> str:
    details = error.get("details")
    return f"{error.get('message', 'no reason given')}" + (f" ({details})" if details else "")
