"""`dev.py test`: tiers beside each other, what each says in one piece, and their sum."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fewstep.tools.hosts.host import Host
from fewstep.tools.testing import changes, lanes, reports, tiers
from fewstep.tools.testing.lanes import Job, run_jobs

# Each waits until the other has begun: one after the other would not end.
_MEETING = """
import os, sys, time
from pathlib import Path
folder, own, other = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
print(own, "first")
(folder / own).touch()
end = time.monotonic() + 60
while not (folder / other).exists():
    if time.monotonic() > end:
        sys.exit("the other did not come")
    time.sleep(0.05)
print(own, os.environ["OMP_NUM_THREADS"], os.environ["OWN"])
sys.exit(3 if own == "b" else 0)
"""


def _job(title, folder, script, *arguments):
    command = [sys.executable, "-u", "-c", script, str(folder), *arguments]
    return Job(title, command, {"OWN": title}, folder / f"{title}.log")


def test_jobs_run_beside_each_other_and_are_shown_one_by_one(tmp_path, capfd):
    met = _job("a", tmp_path, _MEETING, "a", "b"), _job("b", tmp_path, _MEETING, "b", "a")
    ended = run_jobs(met, 2)
    assert [one.code for one in ended] == [0, 3]
    lines = capfd.readouterr().out.split("\n")
    threads = max(1, lanes.cores() // 2)
    shown = sorted([["a first", f"a {threads} a"], ["b first", f"b {threads} b"]])
    assert sorted([lines[:2], lines[2:4]]) == shown


def test_in_one_lane_jobs_come_in_turn_with_the_libraries_threads_as_they_were(tmp_path, capfd):
    script = "import os; print(os.environ['OWN'], os.environ.get('OMP_NUM_THREADS'), flush=True)"
    run_jobs([_job("a", tmp_path, script), _job("b", tmp_path, script)], 1)
    threads = os.environ.get("OMP_NUM_THREADS")
    assert capfd.readouterr().out.split("\n")[:2] == [f"a {threads}", f"b {threads}"]


# Ctrl-C as in a terminal: a shell starts what runs in its background with it ignored.
_PARENT = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, sys.argv[1])
from tools.testing.lanes import Job, run_jobs
folder = Path(sys.argv[2])
script = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(60)"
jobs = [Job(name, [sys.executable, "-c", script], {}, folder / name) for name in "abc"]
run_jobs(jobs, 2)
"""


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent as POSIX systems do")
def test_ctrl_c_ends_all_that_runs_and_begins_nothing(root, tmp_path):
    command = [sys.executable, "-c", _PARENT, str(root), str(tmp_path)]
    parent = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    children = [_pid_in(tmp_path / name) for name in "ab"]
    parent.send_signal(signal.SIGINT)
    assert parent.wait(30) != 0
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
    assert not (tmp_path / "c").exists()


def _pid_in(log: Path) -> int:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if log.exists() and (said := log.read_text()).endswith("\n"):
            return int(said)
        time.sleep(0.05)
    raise AssertionError(f"{log.name} did not begin")


_REPORT = """<testsuites><testsuite tests="4" failures="1" errors="0" skipped="1" time="7.5">
<testcase classname="tests.unit.test_a" name="test_quick" time="0.5"/>
<testcase classname="tests.unit.test_a" name="test_slow" time="7.0"/>
</testsuite></testsuites>"""


def test_reports_are_counted_and_tell_the_slowest(tmp_path):
    report = tmp_path / "unit-1.2.3.xml"
    report.write_text(_REPORT)
    assert reports.counts(report) == (2, 1, 1)
    assert reports.seconds(report) == 7.5
    found = reports.slowest([report, tmp_path / "none.xml"])
    assert [line.split() for line in found] == [
        ["7.0", "s", "unit-1.2.3", "tests.unit.test_a::test_slow"],
        ["0.5", "s", "unit-1.2.3", "tests.unit.test_a::test_quick"],
    ]


def _tiers(monkeypatch, folder, codes):
    """Runs all tiers in pretence: titles in the order they began, and whether all was well."""
    began = []

    def pretend(jobs, lanes):
        began.extend(job.title for job in jobs)
        for job in jobs:
            Path(str(job.log).replace(".log", ".xml")).write_text(_REPORT.replace('"1"', '"0"'))
        return [tiers.Ended(codes.get(job.title, 0), 1.0) for job in jobs]

    monkeypatch.setattr(tiers, "run_jobs", pretend)
    monkeypatch.setattr(tiers, "REPORTS", folder)
    monkeypatch.setattr(tiers, "own_host", lambda: None)
    monkeypatch.setattr(tiers, "set_up_host", lambda version: Host(folder, version))
    monkeypatch.setattr(tiers, "find_chromium", lambda: folder / "chromium")
    newest = Host(folder, "0.30.0")
    return began, tiers.run_tiers(tiers.TIERS, newest, [], durations=True)


def test_what_takes_longest_begins_first_and_the_last_line_is_the_sum(
    monkeypatch, tmp_path, capsys
):
    began, ok = _tiers(monkeypatch, tmp_path, {})
    assert ok
    assert began[:3] == [
        "host tests, ComfyUI 0.30.0",
        "web tests, ComfyUI 0.30.0",
        "host tests, ComfyUI 0.16.3",
    ]
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("24 passed, 0 failed, 0 skipped in ")
    assert sum("test_slow" in line for line in lines) == 6
    names = [line.split()[1] for line in lines if line.startswith("pass ")]
    assert names == ["unit", "contract", "contract", "host", "host", "web"]


def test_a_tier_that_breaks_off_counts_as_a_failure(monkeypatch, tmp_path, capsys):
    _, ok = _tiers(monkeypatch, tmp_path, {"web tests, ComfyUI 0.30.0": 4})
    assert not ok
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("FAIL  web") and "ended with 4" in line for line in lines)
    assert lines[-1].startswith("24 passed, 1 failed, 0 skipped in ")


@pytest.mark.parametrize("changed", [False, True])
def test_ci_runs_the_cluster_and_the_demo_where_it_changed(monkeypatch, changed):
    monkeypatch.setattr(tiers, "demo_changed", lambda: changed)
    assert tiers.tiers_for_ci() == [*tiers.TIERS, "cluster"] + ["demo"] * changed
    assert {*tiers.tiers_for_ci()} <= {*tiers.TIERS, *tiers.EXTRA_TIERS}


def _git(folder, *arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_the_demo_is_tested_when_it_changed_or_when_nobody_can_tell(monkeypatch, tmp_path):
    monkeypatch.setattr(changes, "ROOT", tmp_path)
    assert changes.demo_changed()
    _git(tmp_path, "init", "-q")
    demo, other = tmp_path / "demo" / "a.py", tmp_path / "b.py"
    demo.parent.mkdir()

    def commit(file, text):
        file.write_text(text)
        _git(tmp_path, "add", "-A")
        _git(tmp_path, "commit", "-q", "-m", text)

    commit(demo, "first")
    commit(other, "second")
    assert changes.demo_changed()
    _git(tmp_path, "tag", "v1")
    commit(other, "third")
    assert not changes.demo_changed()
    # A tag on this very commit: what came before it is what is looked at.
    commit(demo, "fourth")
    _git(tmp_path, "tag", "v2")
    assert changes.demo_changed()
    commit(other, "fifth")
    assert not changes.demo_changed()
    demo.write_text("not committed")
    assert changes.demo_changed()
    demo.write_text("fourth")
    (demo.parent / "new.py").touch()
    assert changes.demo_changed()
