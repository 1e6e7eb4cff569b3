"""What a person sees while dev.py works: on standard error, so that results stand alone."""

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .processes import start, stop

_WORTH_SHOWING = re.compile(r"^\s*(Collecting|Downloading|Building|Installing|Prepar|Resolved)")
_WIDTH = 100


def say(text: str) -> None:
    """One line about what happens now."""
    print(text, file=sys.stderr, flush=True)


def run_logged(title: str, command: Sequence[str], *, folder: Path, log: Path) -> int:
    """Runs a command with its output in `log`, showing the time and what it is at."""
    log.parent.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    say(f"{title} ...")
    with log.open("wb") as output:
        process = start(command, folder=folder, output=output)
    try:
        _follow(process, log, begin)
    except BaseException:
        stop(process)
        raise
    say(f"{title}: {'done' if process.returncode == 0 else 'failed'}, {_since(begin)}")
    return process.returncode


def _follow(process: subprocess.Popen[bytes], log: Path, begin: float) -> None:
    terminal = sys.stderr.isatty()
    while True:
        try:
            process.wait(0.5 if terminal else 15)
            break
        except subprocess.TimeoutExpired:
            line = f"  {_since(begin)}  {_last_of(log)}"[:_WIDTH]
            print(
                f"\r{line:<{_WIDTH}}" if terminal else line,
                end="" if terminal else "\n",
                file=sys.stderr,
                flush=True,
            )
    if terminal:
        print(f"\r{'':<{_WIDTH}}\r", end="", file=sys.stderr, flush=True)


def _last_of(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").splitlines()
    shown = next((line.strip() for line in reversed(lines) if _WORTH_SHOWING.match(line)), "")
    # Of an address only the file's name says something.
    return re.sub(r"\S+/", "", shown)


def _since(begin: float) -> str:
    return f"{time.monotonic() - begin:.0f} s"
