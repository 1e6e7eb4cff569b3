"""Processor time ComfyUI needs to load the pack, beyond what it has loaded for itself."""

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
import pack
begin = time.process_time()
pack.load()
print(time.process_time() - begin)
"""
RUNS = 6


def report() -> None:
    contract = Path(__file__).resolve().parents[1] / "tests" / "contract"
    code = _LOAD.format(host=os.environ["FEWSTEP_HOST"], contract=str(contract))
    times = []
    for _ in range(RUNS):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        times.append(1000 * float(done.stdout.split()[-1]))
    # The first run may have written the bytecode that others find.
    middle = statistics.median(times[1:])
    print(f"\nLoading the pack: median {middle:.0f} ms of processor, best {min(times):.0f} ms")
