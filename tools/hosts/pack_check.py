"""Whether a running host has loaded the pack."""

from typing import Any

from ..user_error import UserError
from .server import Server


def check_pack(server: Server, object_info: dict[str, Any]) -> None:
    """Raises if the host runs without the pack, as it does when loading it failed."""
    if any(name.startswith("FewStep") for name in object_info):
        return
    lines = server.log_text().splitlines()
    reason = next((line for line in reversed(lines) if "Error" in line), "no reason given")
    raise UserError(f"ComfyUI runs but did not load the pack: {reason.strip()} (see {server.log}).")
