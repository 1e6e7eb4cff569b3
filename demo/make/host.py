"""ComfyUI in this process: what of it is used here is imported after `enter`."""

import importlib
import sys
from pathlib import Path

from tools.hosts.command import needs_cpu
from tools.paths import ROOT


def enter(host: Path, base: Path) -> None:
    """Puts the host before the checkout, whose `nodes` would hide its own, with `base` for files.

    `base` is a base folder as of `prepare_base`, whose models and user directory are used.
    """
    kept = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT]
    sys.path[:] = [str(host), *kept, str(ROOT)]
    given = importlib.import_module("comfy.cli_args").args
    given.cpu, given.base_directory = needs_cpu(), str(base)
