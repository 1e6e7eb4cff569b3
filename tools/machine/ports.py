"""Ports on this machine."""

import socket

from ..user_error import UserError


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def check_free(port: int) -> int:
    """Gives the port back if a server can be started on it."""
    if not 1 <= port <= 65535:
        raise UserError(f"{port} is no port: choose one from 1024 to 65535.")
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise UserError(f"Port {port} needs more rights: choose one above 1023.") from None
        except OSError:
            raise UserError(
                f"Port {port} is in use: choose another, or leave --port out to get a free one."
            ) from None
    return port
