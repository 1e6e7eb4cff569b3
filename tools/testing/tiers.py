"""`dev.py test`: the tiers of tests, each in a pytest of its own, and their sum."""

import os
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..environment.setup import set_up_host
from ..hosts.command import host_env
from ..hosts.host import Host, own_host
from ..hosts.versions import FLOOR
from ..machine.chromium import HOW_TO_GET_IT, find_chromium
from ..machine.console import say
from ..machine.processes import guarded, start, stop
from ..paths import DEV, ROOT, VENV, python_in

TIERS = ("unit", "contract", "host", "web")
# Run only where they are named: they take 16 GiB of memory, and packages that nothing else does.
EXTRA_TIERS = ("slow", "cluster")
_ON_EVERY_HOST = ("contract", "host")
_NO_TESTS = 5


class Result(NamedTuple):
    """What came of one tier on one host."""

    name: str
    ok: bool
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    note: str = ""


def run_tiers(tiers: Sequence[str], host: Host, pytest_arguments: Sequence[str]) -> bool:
    """Runs the tiers (TIERS, if none is named), prints the results, and is true if all is well."""
    results = []
    for tier in tiers or TIERS:
        for one in _hosts_of(tier, host):
            say(f"\n== {tier} tests, ComfyUI {one.version} ==")
            results.append(_run(tier, one, pytest_arguments))
    print("\n" + "\n".join(map(_line, results)))
    passed, failed, skipped = (
        sum(getattr(result, kind) for result in results) for kind in ("passed", "failed", "skipped")
    )
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return all(result.ok for result in results) and passed + skipped > 0


def _hosts_of(tier: str, host: Host) -> list[Host]:
    if tier in _ON_EVERY_HOST and not own_host():
        return [host, set_up_host(FLOOR)]
    return [host]


def _run(tier: str, host: Host, pytest_arguments: Sequence[str]) -> Result:
    name = f"{tier} ({host.version})"
    chromium = find_chromium()
    if tier == "web" and not chromium:
        if os.environ.get("CI"):
            return Result(name, False, 0, failed=1, note=HOW_TO_GET_IT)
        return Result(name, True, 0, skipped=1, note=HOW_TO_GET_IT)
    report = DEV / "reports" / f"{tier}-{host.version}.xml"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    arguments = [f"tests/{tier}", "-q", f"--junitxml={report}", *pytest_arguments]
    env = {
        "FEWSTEP_HOST": str(host.folder),
        "FEWSTEP_HOST_VERSION": host.version,
        "FEWSTEP_CHROMIUM": str(chromium or ""),
        # The tolerances in the tests are for the CPU.
        "FEWSTEP_CPU": "1",
        **host_env(host.folder),
    }
    begin = time.monotonic()
    code = _pytest(arguments, env)
    seconds = time.monotonic() - begin
    # A choice of tests may leave a tier without any.
    ok = code == 0 or (code == _NO_TESTS and bool(pytest_arguments))
    passed, failed, skipped = _counts(report)
    if ok:
        return Result(name, True, seconds, passed, failed, skipped)
    note = "there are no tests" if code == _NO_TESTS else f"pytest ended with code {code}"
    return Result(name, False, seconds, passed, max(failed, 1), skipped, note)


def _pytest(arguments: Sequence[str], env: dict[str, str]) -> int:
    process = start(guarded(python_in(VENV), "-m", "pytest", *arguments), folder=ROOT, env=env)
    try:
        return process.wait()
    except BaseException:
        stop(process, gently=True, wait=20)
        raise


def _counts(report: Path) -> tuple[int, int, int]:
    try:
        suites = ElementTree.parse(report).getroot().iter("testsuite")
    except (OSError, ElementTree.ParseError):
        return 0, 0, 0
    passed = failed = skipped = 0
    for suite in suites:
        broken = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        left_out = int(suite.get("skipped", 0))
        passed += int(suite.get("tests", 0)) - broken - left_out
        failed += broken
        skipped += left_out
    return passed, failed, skipped


def _line(result: Result) -> str:
    counts = f"{result.passed} passed, {result.failed} failed, {result.skipped} skipped"
    verdict = ("pass" if result.passed else "skip") if result.ok else "FAIL"
    note = f"; {result.note}" if result.note else ""
    return f"{verdict}  {result.name:<20} {result.seconds:6.1f} s  {counts}{note}"
