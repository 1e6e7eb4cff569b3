"""How ComfyUI is started."""

import json
import os
from pathlib import Path

from ..paths import DEV, FACTS


def host_command(host_dir: Path, base_dir: Path, port: int) -> list[str]:
    """The script and its arguments, for a base folder that is an absolute path."""
    return [
        str(host_dir / "main.py"),
        *(["--cpu"] if needs_cpu() else []),
        *("--listen", "127.0.0.1", "--port", str(port), "--disable-auto-launch"),
        *("--base-directory", str(base_dir), "--disable-api-nodes"),
        *("--database-url", f"sqlite:///{(base_dir / 'db.sqlite').as_posix()}"),
    ]


def host_env(host_dir: Path) -> dict[str, str]:
    """What to add to the environment so that nothing is written into a person's own ComfyUI."""
    if host_dir.resolve().is_relative_to(DEV.resolve()):
        return {}
    return {"PYTHONPYCACHEPREFIX": str(DEV / "pycache")}


def needs_cpu() -> bool:
    """True where torch sees no accelerator, in CI, and when FEWSTEP_CPU is set."""
    if os.environ.get("FEWSTEP_CPU") or os.environ.get("CI"):
        return True
    try:
        return not json.loads(FACTS.read_text("utf-8"))["accelerator"]
    except (OSError, ValueError, KeyError):
        return True
