"""`dev.py demo`: the example workflows on the demo model, or the comparison table."""

from .demo_files import add_demo_files
from .hosts import Host
from .paths import DEV, ROOT, VENV, python_in
from .programs import run_program

_OUTPUT = ROOT / "output"


def run_demo(host: Host, *, table: bool, count: int | None) -> int:
    """Puts everything in place and gives the exit code of what then runs beside the host."""
    python = python_in(VENV)
    base_dir = DEV / "base" / f"demo-{host.version}"
    add_demo_files(base_dir, python)
    where = ("--host", host.folder, "--base", base_dir, "--output", _OUTPUT)
    if not table:
        return run_program("-m", "demo.show", *where)
    return run_program("-m", "demo.evaluate", *where, *(["--count", count] if count else []))
