"""What came of the tests, from the reports that pytest writes."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_SLOWEST = 10


class Result(NamedTuple):
    """What came of one tier on one host."""

    name: str
    ok: bool
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    note: str = ""

    def line(self) -> str:
        """For the list at the end."""
        counts = f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"
        verdict = ("pass" if self.passed else "skip") if self.ok else "FAIL"
        note = f"; {self.note}" if self.note else ""
        return f"{verdict}  {self.name:<20} {self.seconds:6.1f} s  {counts}{note}"


def counts(report: Path) -> tuple[int, int, int]:
    """How many tests passed, failed and were skipped."""
    passed = failed = skipped = 0
    for suite in _found(report, "testsuite"):
        broken = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        left_out = int(suite.get("skipped", 0))
        passed += int(suite.get("tests", 0)) - broken - left_out
        failed += broken
        skipped += left_out
    return passed, failed, skipped


def seconds(report: Path) -> float:
    """How long its tests took together."""
    return sum(float(suite.get("time", 0)) for suite in _found(report, "testsuite"))


def slowest(reports: Iterable[Path]) -> list[str]:
    """A line for each of the ten tests that took longest, with what was set up for them."""
    timed = [
        (float(case.get("time", 0)), f"{report.stem}  {case.get('classname')}::{case.get('name')}")
        for report in reports
        for case in _found(report, "testcase")
    ]
    return [f"{took:7.1f} s  {name}" for took, name in sorted(timed, reverse=True)[:_SLOWEST]]


def _found(report: Path, tag: str) -> Iterator[ElementTree.Element]:
    try:
        yield from ElementTree.parse(report).getroot().iter(tag)
    except (OSError, ElementTree.ParseError):
        return
