"""A whole SDXL through the loader: its memory, beside that of core's loader."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_LIMIT = 16.0


@pytest.fixture(params=["ours", "core"])
def measured(request, full_sdxl, results):
    """Peak memory in GiB and the seconds of a process that loads and makes one step."""
    key = (full_sdxl.stem, request.param)
    if key not in results:
        program = Path(__file__).parent / "one_step.py"
        command = [sys.executable, program, os.environ["FEWSTEP_HOST"], full_sdxl, request.param]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        results[key] = json.loads(done.stdout.splitlines()[-1])
    return results[key]


def test_a_whole_sdxl_makes_one_step_of_256x256_within_16_gib(measured):
    assert measured["finite"]
    assert measured["peak"] < _LIMIT


def test_loading_adds_no_copy_of_the_weights_to_core_s(full_sdxl, results):
    """Peak memory at most 1.05 times that of core's load_diffusion_model, in the same run."""
    ours, core = (results[full_sdxl.stem, loader] for loader in ("ours", "core"))
    assert ours["peak"] / core["peak"] <= 1.05
