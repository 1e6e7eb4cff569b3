"""Waits that end: a test on a busy machine says what it waited for, and leaves nothing behind."""

import subprocess
import time

_PATIENCE = 300


def wait_until(done, what, process=None):
    """Waits until `done()`, while the process, if one is given, runs."""
    end = time.monotonic() + _PATIENCE
    while not done():
        if process and process.poll() is not None and not done():
            raise AssertionError(f"The process ended before {what}: {_said(process)}")
        if time.monotonic() > end:
            raise AssertionError(f"Not in {_PATIENCE} seconds: {what}. {_end(process)}")
        time.sleep(0.004)


def wait_for_the_end(process, what):
    """What a process says until it ends by itself: its output and its errors."""
    try:
        return "".join(process.communicate(timeout=_PATIENCE))
    except subprocess.TimeoutExpired:
        raise AssertionError(f"Not in {_PATIENCE} seconds: {what}. {_end(process)}") from None


def _end(process):
    if not process:
        return ""
    process.kill()
    return f"The process was ended; it had said: {_said(process)}"


def _said(process):
    return "".join(process.communicate()) or "nothing"
