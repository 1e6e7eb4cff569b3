"""Programs that run in the environment: `dev.py bench`, `dev.py lint` and what `demo` starts."""

from ..hosts.host import Host
from ..machine.processes import guarded, start, stop
from ..paths import ROOT, VENV, python_in
from ..user_error import UserError

_BENCH = ROOT / "bench" / "run.py"


def run_bench(host: Host) -> int:
    """Runs the measurements and gives their exit code."""
    if not _BENCH.is_file():
        raise UserError("There is nothing to measure: bench/run.py is missing in this checkout.")
    return run_program(
        _BENCH, env={"FEWSTEP_HOST": str(host.folder), "FEWSTEP_HOST_VERSION": host.version}
    )


def run_lint() -> int:
    """Checks rules and format, and is 0 if both are met."""
    return run_program("-m", "ruff", "check") | run_program("-m", "ruff", "format", "--check")


def run_program(*arguments: object, env: dict[str, str] | None = None) -> int:
    """Runs Python with these arguments in the checkout's folder and gives its exit code."""
    process = start(guarded(python_in(VENV), *map(str, arguments)), folder=ROOT, env=env)
    try:
        return process.wait()
    except BaseException:
        stop(process)
        raise
