"""A real ComfyUI for the tests that need a server, and the largest errors found."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
# The demo's programs find dev.py's tools as in the checkout's folder; last, or the pack's nodes
# would hide the host's.
sys.path.append(str(Path(__file__).parents[2]))

_errors: dict[str, float] = {}


@pytest.fixture
def largest():
    """Call with a name and a relative error: remembered, and shown at the end."""

    def remember(name: str, error: float) -> float:
        _errors[name] = max(_errors.get(name, 0.0), error)
        return error

    return remember


def pytest_terminal_summary(terminalreporter):
    for name, error in sorted(_errors.items()):
        terminalreporter.write_line(f"largest relative error, {name}: {error:.1e}")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The host with the pack, the demo model and a stand-in for another pack."""
    from fewstep.tools.demo_files import add_demo_files
    from fewstep.tools.server import Server
    from other_pack import install

    base = tmp_path_factory.mktemp("base")
    add_demo_files(base, Path(sys.executable))
    install(base / "custom_nodes")
    with Server(Path(os.environ["FEWSTEP_HOST"]), base, env={"FEWSTEP_KSAMPLER": "1"}) as running:
        yield running
