"""Where things are: the checkout, and the folder `.dev` in it that holds all that dev.py makes."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEV = ROOT / ".dev"
VENV = DEV / "venv"
# What the environment holds, and whether torch sees an accelerator in it.
FACTS = VENV / "fewstep.json"
HOSTS = DEV / "hosts"
MODELS = DEV / "models"
LOGS = DEV / "logs"
REPORTS = DEV / "reports"
EXAMPLES = ROOT / "example_workflows"
BLUEPRINTS = ROOT / "subgraphs"


def python_in(venv: Path) -> Path:
    """The interpreter of a virtual environment."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def shown(path: Path) -> str:
    """The path as a person in the checkout would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
