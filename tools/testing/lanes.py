"""Programs side by side: what each says goes to a file, and is shown whole when it has ended."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..machine.console import say
from ..machine.processes import start, stop
from ..paths import ROOT

_LOOK, _TELL = 0.2, 60.0
# Numerical libraries would otherwise take all cores in each lane, and wait for each other.
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Job(NamedTuple):
    """A command, what is added to its environment, and the file for what it says."""

    title: str
    command: list[str]
    env: dict[str, str]
    log: Path


class Ended(NamedTuple):
    """The exit code of a job, and how long it took."""

    code: int
    seconds: float


class _Running(NamedTuple):
    job: Job
    process: subprocess.Popen[bytes]
    begin: float


def cores() -> int:
    """The processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_jobs(jobs: Sequence[Job], lanes: int) -> list[Ended]:
    """Runs the jobs in their order, `lanes` at a time; in a single lane one sees them work."""
    if lanes > 1:
        return _side_by_side(jobs, lanes)
    return [_in_sight(job) for job in jobs]


def _in_sight(job: Job) -> Ended:
    say(f"\n== {job.title} ==")
    running = _Running(job, start(job.command, folder=ROOT, env=job.env), time.monotonic())
    try:
        return Ended(running.process.wait(), time.monotonic() - running.begin)
    except BaseException:
        stop(running.process, gently=True, wait=20)
        raise


def _side_by_side(jobs: Sequence[Job], lanes: int) -> list[Ended]:
    waiting, running, ended = deque(jobs), [], {}
    threads = dict.fromkeys(_THREADS, str(max(1, cores() // lanes)))
    told = begin = time.monotonic()
    try:
        while waiting or running:
            while waiting and len(running) < lanes:
                running.append(_begin(waiting.popleft(), threads))
            time.sleep(_LOOK)
            for one in [one for one in running if one.process.poll() is not None]:
                running.remove(one)
                ended[one.job.title] = _end(one)
            if time.monotonic() - told >= _TELL:
                told = time.monotonic()
                say(f"{told - begin:.0f} s: " + ", ".join(map(_at, running)))
    except BaseException:
        stop(*(one.process for one in running), gently=True, wait=20)
        raise
    return [ended[job.title] for job in jobs]


def _begin(job: Job, threads: dict[str, str]) -> _Running:
    say(f"{job.title} ...")
    with job.log.open("wb") as log:
        process = start(job.command, folder=ROOT, env={**threads, **job.env}, output=log)
    return _Running(job, process, time.monotonic())


def _end(one: _Running) -> Ended:
    done = Ended(one.process.returncode, time.monotonic() - one.begin)
    # Others of its group may be left, and its pipe is open.
    stop(one.process)
    say(f"\n== {one.job.title} ==")
    with one.job.log.open(encoding="utf-8", errors="replace") as log:
        shutil.copyfileobj(log, sys.stdout)
    sys.stdout.flush()
    return done


def _at(one: _Running) -> str:
    """How far a pytest has come, by the last share of its tests that it printed."""
    shares = re.findall(rb"\[ *(\d+)%\]", one.job.log.read_bytes())
    return f"{one.job.title} at {shares[-1].decode() if shares else 0} %"
