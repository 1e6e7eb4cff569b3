"""Why pip or uv failed, in one sentence."""

from pathlib import Path

from ..paths import shown
from ..user_error import UserError

_CAUSES = (
    (
        ("DO NOT MATCH THE HASHES", "Hash mismatch"),
        "the download is not the file that was expected; try again, and if it stays so, look at"
        " which package index is set",
    ),
    (("No space left on device", "[Errno 28]", "os error 28"), "the disk is full; make room"),
    (
        (
            "NewConnectionError",
            "Temporary failure in name resolution",
            "ConnectTimeout",
            "ReadTimeout",
            "Connection refused",
            "Connection reset",
            "ConnectionReset",
            "ProxyError",
            "dns error",
            "error sending request",
            "Failed to fetch",
            "IncompleteRead",
            "ProtocolError",
        ),
        "the package index cannot be reached; look at the network connection and try again",
    ),
    (
        ("No matching distribution found", "no version of", "No solution found"),
        "a package has no version for this Python or system; try another Python (3.10 to 3.13)",
    ),
)


def pip_error(what: str, log: Path) -> UserError:
    """The error to raise after a command of pip or uv has failed and left its output in `log`."""
    said = log.read_text("utf-8", errors="replace")
    for signs, cause in _CAUSES:
        if any(sign in said for sign in signs):
            return UserError(f"{what} failed: {cause} (details: {shown(log)}).")
    errors = [line.strip() for line in said.splitlines() if "error" in line.lower()]
    return UserError(f"{what} failed: {(errors or ['no reason given'])[-1]} (all: {shown(log)}).")
