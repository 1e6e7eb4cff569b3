"""`dev.py bench` and `dev.py lint`: programs that run in the environment as they are."""

from pathlib import Path

from .hosts import Host
from .paths import ROOT, VENV, python_in
from .processes import guarded, start, stop
from .user_error import UserError

_BENCH = ROOT / "bench" / "run.py"


def run_bench(host: Host) -> int:
    """Runs the measurements and gives their exit code."""
    if not _BENCH.is_file():
        raise UserError("There is nothing to measure: bench/run.py is missing in this checkout.")
    return _run(
        _BENCH, env={"FEWSTEP_HOST": str(host.folder), "FEWSTEP_HOST_VERSION": host.version}
    )


def run_lint() -> int:
    """Checks rules and format, and is 0 if both are met."""
    return _run("-m", "ruff", "check") | _run("-m", "ruff", "format", "--check")


def _run(*arguments: str | Path, env: dict[str, str] | None = None) -> int:
    process = start(guarded(python_in(VENV), *arguments), folder=ROOT, env=env)
    try:
        return process.wait()
    except BaseException:
        stop(process)
        raise
