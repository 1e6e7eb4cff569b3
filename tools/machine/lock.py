"""One dev.py at a time sets things up; another waits. The lock of a dead process is free."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .console import say


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Holds the lock file while the block runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if not _try_lock(file):
            say("Another dev.py is setting up; waiting for it ...")
            while not _try_lock(file):
                time.sleep(0.2)
        yield


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
