"""The server that the page talks to, where there is one."""

import sys
from typing import Any

from comfy_execution.utils import get_executing_context


def running_server() -> Any:
    """The host's server, or None where its nodes run without one: it is not imported for that."""
    return getattr(getattr(sys.modules.get("server"), "PromptServer", None), "instance", None)


def tell_on_node(text: str) -> None:
    """Shows `text` on the node that runs, in place of what was told before."""
    server, running = running_server(), get_executing_context()
    if server is not None and running is not None:
        server.send_progress_text(text, running.node_id, server.client_id)
