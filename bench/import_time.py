"""Time ComfyUI needs to load the pack, beyond what it has loaded for itself."""

import os
import statistics
import subprocess
import sys
from pathlib import Path

_LOAD = """
import sys, time
sys.path[:0] = [{host!r}, {contract!r}]
import comfy.cli_args
comfy.cli_args.args.cpu = True
import asyncio, comfy.samplers, comfy.sd, comfy_api.v0_0_2, nodes
asyncio.run(nodes.init_builtin_extra_nodes())
begin = time.perf_counter()
import pack
pack.load()
print(time.perf_counter() - begin)
"""
RUNS = 5


def report() -> None:
    contract = Path(__file__).resolve().parents[1] / "tests" / "contract"
    code = _LOAD.format(host=os.environ["FEWSTEP_HOST"], contract=str(contract))
    times = []
    for _ in range(RUNS):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        times.append(1000 * float(done.stdout.split()[-1]))
    print(f"\nLoading the pack: median {statistics.median(times):.0f} ms, best {min(times):.0f} ms")
