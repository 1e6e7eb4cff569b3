"""Outputs of a prompt that the server leaves out, because it cannot run them, while others run."""

import json
from typing import Any

from .outcome import refusal

_REFUSED = "The server refused it: "


def left_out(prompt: dict[str, Any], said: str) -> str | None:
    """One sentence on what is left out, from the answer to a prompt; None if nothing would run."""
    try:
        answer = json.loads(said)
        errors = answer["node_errors"].values()
        outputs = sorted({output for error in errors for output in error["dependent_outputs"]})
        names = [f"{prompt[output]['class_type']} (node {output})" for output in outputs]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not names or not answer.get("prompt_id"):
        return None
    why = refusal(200, said).removeprefix(_REFUSED)
    return f"The server leaves out {', '.join(names)} and runs the rest: {why}"
