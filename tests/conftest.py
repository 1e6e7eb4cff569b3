"""Makes the checkout importable as `fewstep`, and the host, where a tier needs one."""

import os
import sys
import types
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[1]

# `python -m pytest` puts the checkout on the path, where its `nodes` would shadow the host's.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT]

_package = types.ModuleType("fewstep")
_package.__path__ = [str(ROOT)]
sys.modules["fewstep"] = _package


def _import_host(folder: str) -> None:
    sys.path.insert(0, folder)
    import comfy.cli_args

    comfy.cli_args.args.cpu = True


# The tensors of the tests are small: more threads only wait for each other.
torch.set_num_threads(1)

if host := os.environ.get("FEWSTEP_HOST"):
    _import_host(host)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
