"""`dev.py serve`: ComfyUI with the pack and the demo model, until Ctrl-C."""

import contextlib
import time

from ..examples.demo_files import add_demo_files
from ..examples.demo_workflows import add_demo_workflows
from ..hosts.host import Host
from ..hosts.pack_check import check_pack
from ..hosts.server import Server
from ..machine.console import say
from ..paths import DEV, VENV, python_in


def serve(host: Host, port: int | None) -> None:
    """Runs the host and prints its address."""
    python = python_in(VENV)
    base_dir = DEV / "base" / f"serve-{host.version}"
    add_demo_files(base_dir, python)
    add_demo_workflows(base_dir)
    say(f"Starting ComfyUI {host.version}; its log is {base_dir / 'host.log'} ...")
    with Server(host.folder, base_dir, python, port=port) as server:
        check_pack(server, server.object_info())
        print(server.url, flush=True)
        say("Ctrl-C ends it.")
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                server.check_running()
                time.sleep(0.5)
