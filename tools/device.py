"""Whether the host has to be told to use the CPU."""

import json
import os

from .paths import VENV

FACTS = VENV / "fewstep.json"


def needs_cpu() -> bool:
    """True where torch sees no accelerator, in CI, and when FEWSTEP_CPU is set."""
    if os.environ.get("FEWSTEP_CPU") or os.environ.get("CI"):
        return True
    try:
        return not json.loads(FACTS.read_text("utf-8"))["accelerator"]
    except (OSError, ValueError, KeyError):
        return True
