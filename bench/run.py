"""`dev.py bench`: our samplers beside ComfyUI's own, in one run. Ratios count, not seconds."""

import os
import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def _prepare() -> None:
    """The host on the path, the pack importable as `fewstep`, and the CPU chosen."""
    sys.path[:0] = [os.environ["FEWSTEP_HOST"], str(ROOT / "bench"), str(ROOT / "tests" / "unit")]
    package = types.ModuleType("fewstep")
    package.__path__ = [str(ROOT)]
    sys.modules["fewstep"] = package
    import comfy.cli_args

    comfy.cli_args.args.cpu = True


if __name__ == "__main__":
    _prepare()
    import batch
    import compare
    import import_time
    import live_drawing
    import lora_strength
    import operations
    import page_load
    import recognition
    import step_time
    import template_levels
    import tests_time

    samplers = (template_levels, operations, step_time, recognition, lora_strength, compare)
    for part in (*samplers, import_time, live_drawing, page_load, batch, tests_time):
        part.report()
