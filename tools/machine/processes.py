"""Child processes that end with this one: each in a group of its own, guarded, ended as a group."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ..paths import ROOT

# The cluster's part of the client has it: its workers get that folder, and nothing of tools/.
_GUARD = ROOT / "client" / "cluster" / "guard.py"


def guarded(python: Path, *arguments: str | Path) -> list[str]:
    """The command that runs a script (or `-m`, a module) and ends it when its parent is gone."""
    return [str(python), str(_GUARD), *map(str, arguments)]


def start(
    command: Sequence[str],
    *,
    folder: Path,
    env: dict[str, str] | None = None,
    output: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a command as the leader of its own process group; `env` adds to the environment."""
    group = (
        {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        if os.name == "nt"
        else {"start_new_session": True}
    )
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(env or {})},
        # For the guard, which waits for its end.
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        **group,
    )


def stop(*processes: subprocess.Popen[bytes], gently: bool = False, wait: float = 10) -> None:
    """Ends processes and their groups; `gently` lets a test run take down what it set up."""
    for process in processes:
        _signal_group(process, signal.SIGINT if gently else signal.SIGTERM)
    end = time.monotonic() + wait
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0, end - time.monotonic()))
        # Also after the leader has gone: others of its group may be left.
        _signal_group(process, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
        process.wait()
        if process.stdin:
            process.stdin.close()


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    if os.name == "nt":
        process.terminate()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
