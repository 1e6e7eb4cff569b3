"""The numbers that the page's plots are held to are those of the schedules and samplers."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import golden  # noqa: E402

KEPT = json.loads(golden.FILE.read_text("utf-8"))
NOW = golden.cases()


def test_the_golden_plans_are_what_the_schedules_say():
    """After a change on purpose: call `golden.write()`."""
    assert NOW["plans"] == KEPT["plans"]


def test_the_golden_levels_are_what_the_shifts_and_lists_say():
    assert len(NOW["levels"]) == len(KEPT["levels"])
    for now, kept in zip(NOW["levels"], KEPT["levels"], strict=True):
        assert now.get("given") == kept.get("given") and now.get("error") == kept.get("error")
        # Only the last bits of exponentials differ between machines.
        assert now.get("levels", []) == pytest.approx(kept.get("levels", []), rel=1e-12)


def test_the_golden_runs_are_what_the_samplers_do():
    assert len(NOW["runs"]) == len(KEPT["runs"])
    for now, kept in zip(NOW["runs"], KEPT["runs"], strict=True):
        assert now["given"] == kept["given"]
        # Only the last bits of logarithms differ between machines.
        assert now["sigmas"] == pytest.approx(kept["sigmas"], rel=1e-12)
        assert now["fresh"] == pytest.approx(kept["fresh"], rel=1e-9, abs=1e-12)
