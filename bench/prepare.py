"""What every measurement begins with: the host on the path, the pack importable, and a device."""

import os
import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def prepare(*, cpu: bool) -> None:
    """The host on the path, the pack importable as `fewstep`, and the CPU chosen where asked for.

    FEWSTEP_HOST is ComfyUI's folder; without it ComfyUI has to be on the path already.
    """
    # Or the pack's nodes would hide the host's.
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT]
    host = [os.environ["FEWSTEP_HOST"]] if "FEWSTEP_HOST" in os.environ else []
    sys.path[:0] = [*host, str(ROOT / "bench"), str(ROOT / "tests" / "unit")]
    package = types.ModuleType("fewstep")
    package.__path__ = [str(ROOT)]
    sys.modules["fewstep"] = package
    import comfy.cli_args

    comfy.cli_args.args.cpu = cpu
