"""How long the tests took the last time, in imports of ComfyUI: so that their growth is seen."""

import os
import subprocess
import sys
import time

from fewstep.tools.paths import REPORTS
from fewstep.tools.testing.reports import seconds

_IMPORT = """
import sys
sys.path.insert(0, {host!r})
import comfy.cli_args
comfy.cli_args.args.cpu = True
import asyncio, nodes
asyncio.run(nodes.init_builtin_extra_nodes())
"""
RUNS = 3


def report() -> None:
    reports = sorted(REPORTS.glob("*.xml"))
    if not reports:
        print("\nNo tests have run yet: python3 dev.py test")
        return
    whole = _import_seconds()
    took = {path.stem: seconds(path) / whole for path in reports}
    print(f"\nThe last run of each tier of tests, in imports of ComfyUI ({whole:.1f} s)")
    for name, ratio in took.items():
        print(f"  {name:<20} {ratio:6.1f}")
    print(f"  {'together':<20} {sum(took.values()):6.1f}")


def _import_seconds() -> float:
    """The best of some, as other work only ever adds to it."""
    code = _IMPORT.format(host=os.environ["FEWSTEP_HOST"])
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        times.append(time.perf_counter() - begin)
    return min(times)
