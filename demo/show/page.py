"""A page of ComfyUI to take pictures of, in Nodes 2.0, and the options of the programs that do."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tools.hosts.server import Server

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_READY = "window.app?.vueAppReady && app.extensionManager"
_SETTINGS = {
    "Comfy.TutorialCompleted": True,
    "Comfy.VueNodes.Enabled": True,
    "Comfy.Minimap.Visible": False,
    "Comfy.NodeBadge.NodeSourceBadgeMode": "None",
    "Comfy.Workflow.Persist": False,
    "Comfy.Graph.CanvasInfo": False,
    "Comfy.Graph.CanvasMenu": False,
}


@contextmanager
def open_page(host: Path, base: Path, width: int, height: int) -> Iterator[tuple[Server, Page]]:
    """A server and its page, both closed afterwards."""
    with Server(host, base) as server, sync_playwright() as playwright:
        server.post("/settings", _SETTINGS)
        program = os.environ["FEWSTEP_CHROMIUM"]
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        page = browser.new_page(
            viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        page.goto(server.url)
        page.wait_for_function(_READY)
        yield server, page
        browser.close()
