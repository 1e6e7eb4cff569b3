"""`dev.py test`: the tiers of tests, each in a pytest of its own, and their sum."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..environment.setup import set_up_host
from ..hosts.command import host_env
from ..hosts.host import Host, own_host
from ..hosts.versions import FLOOR
from ..machine.chromium import HOW_TO_GET_IT, find_chromium
from ..machine.processes import guarded
from ..paths import REPORTS, VENV, python_in
from .changes import demo_changed
from .lanes import Ended, Job, cores, run_jobs
from .reports import Result, counts, slowest

TIERS = ("unit", "contract", "host", "web")
# Run only where they are named: they take 16 GiB of memory, packages that nothing else does, or
# time for what seldom changes.
EXTRA_TIERS = ("demo", "slow", "cluster")
_ON_EVERY_HOST = ("contract", "host")
# Seconds on two cores, only for the order: what takes longest begins first, and the lanes end
# together.
_ABOUT = {"host": 240, "web": 220, "cluster": 70, "demo": 60, "unit": 50, "contract": 30}
# More would wait for the longest tier anyway.
_LANES = 3
_NO_TESTS = 5


class Run(NamedTuple):
    """A tier on one host."""

    tier: str
    host: Host

    @property
    def name(self) -> str:
        return f"{self.tier} ({self.host.version})"

    @property
    def report(self) -> Path:
        return REPORTS / f"{self.tier}-{self.host.version}.xml"


def tiers_for_ci() -> list[str]:
    """All that a change has to pass."""
    return [*TIERS, "cluster", *(["demo"] if demo_changed() else [])]


def run_tiers(
    tiers: Sequence[str], host: Host, pytest_arguments: Sequence[str], *, durations: bool = False
) -> bool:
    """Runs the tiers, prints the results, and is true if all is well."""
    begin = time.monotonic()
    runs = [run for tier in tiers for run in _runs(tier, host)]
    REPORTS.mkdir(parents=True, exist_ok=True)
    results = _results(runs, pytest_arguments)
    if durations:
        print("\nThe slowest tests:\n" + "\n".join(slowest(run.report for run in runs)))
    print("\n" + "\n".join(results[run].line() for run in runs))
    passed, failed, skipped = (
        sum(getattr(result, kind) for result in results.values())
        for kind in ("passed", "failed", "skipped")
    )
    took = time.monotonic() - begin
    print(f"{passed} passed, {failed} failed, {skipped} skipped in {took:.0f} s", flush=True)
    return all(result.ok for result in results.values()) and passed + skipped > 0


def _runs(tier: str, host: Host) -> list[Run]:
    if tier in _ON_EVERY_HOST and not own_host():
        return [Run(tier, host), Run(tier, set_up_host(FLOOR))]
    return [Run(tier, host)]


def _results(runs: Sequence[Run], pytest_arguments: Sequence[str]) -> dict[Run, Result]:
    chromium = find_chromium()
    results = {run: _without_browser(run) for run in runs if run.tier == "web" and not chromium}
    rest = sorted((run for run in runs if run not in results), key=_about, reverse=True)
    jobs = [_job(run, chromium, pytest_arguments) for run in rest]
    for run, ended in zip(rest, run_jobs(jobs, _lanes(rest)), strict=True):
        results[run] = _result(run, ended, chosen=bool(pytest_arguments))
    return results


def _about(run: Run) -> float:
    return _ABOUT.get(run.tier, 0) / (2 if run.host.version == FLOOR else 1)


def _lanes(runs: Sequence[Run]) -> int:
    # The slow tier wants the memory for itself.
    alone = any(run.tier == "slow" for run in runs)
    return 1 if alone else max(1, min(_LANES, cores(), len(runs)))


def _without_browser(run: Run) -> Result:
    if os.environ.get("CI"):
        return Result(run.name, False, 0, failed=1, note=HOW_TO_GET_IT)
    return Result(run.name, True, 0, skipped=1, note=HOW_TO_GET_IT)


def _job(run: Run, chromium: Path | None, pytest_arguments: Sequence[str]) -> Job:
    run.report.unlink(missing_ok=True)
    arguments = [f"tests/{run.tier}", "-q", f"--junitxml={run.report}", *pytest_arguments]
    env = {
        "FEWSTEP_HOST": str(run.host.folder),
        "FEWSTEP_HOST_VERSION": run.host.version,
        "FEWSTEP_CHROMIUM": str(chromium or ""),
        # The tolerances in the tests are for the CPU.
        "FEWSTEP_CPU": "1",
        **host_env(run.host.folder),
    }
    command = guarded(python_in(VENV), "-m", "pytest", *arguments)
    title = f"{run.tier} tests, ComfyUI {run.host.version}"
    return Job(title, command, env, run.report.with_suffix(".log"))


def _result(run: Run, ended: Ended, *, chosen: bool) -> Result:
    # A choice of tests may leave a tier without any.
    ok = ended.code == 0 or (ended.code == _NO_TESTS and chosen)
    passed, failed, skipped = counts(run.report)
    if ok:
        return Result(run.name, True, ended.seconds, passed, failed, skipped)
    note = "there are no tests" if ended.code == _NO_TESTS else f"pytest ended with {ended.code}"
    return Result(run.name, False, ended.seconds, passed, max(failed, 1), skipped, note)
