"""A real page of a real ComfyUI, once for each way the page draws nodes."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fewstep.tools.examples.demo_files import add_demo_files
from fewstep.tools.examples.model_files import model_files
from fewstep.tools.hosts.server import Server
from fewstep.tools.machine.chromium import HOW_TO_GET_IT
from fewstep.tools.paths import BLUEPRINTS, EXAMPLES
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

from page_guard import PageGuard  # noqa: E402

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_READY = "window.app?.vueAppReady && app.extensionManager"
# An id of its own: the page remembers widget values by graph and node, also after graph.clear().
_EMPTY = """async () => app.loadGraphData({
    id: crypto.randomUUID(), version: 0.4, last_node_id: 0, last_link_id: 0, nodes: [], links: [],
})"""


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    base = tmp_path_factory.mktemp("base")
    add_demo_files(base, Path(sys.executable))
    _add_names(base / "models")
    with Server(Path(os.environ["FEWSTEP_HOST"]), base) as running:
        yield running


def _add_names(models: Path) -> None:
    """Empty files for all that the examples name: the page asks for nothing but the names."""
    for file in (*EXAMPLES.glob("*.json"), *BLUEPRINTS.glob("*.json")):
        for folder, name in model_files(json.loads(file.read_text("utf-8"))):
            (models / folder).mkdir(parents=True, exist_ok=True)
            if not (models / folder / name).exists():
                (models / folder / name).touch()


@pytest.fixture(scope="session")
def object_info(server):
    return server.object_info()


@pytest.fixture(scope="session")
def browser():
    program = os.environ.get("FEWSTEP_CHROMIUM")
    if not program:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(HOW_TO_GET_IT)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session", params=["classic", "nodes 2.0"])
def renderer(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def shared_page(server, browser, renderer):
    settings = {"Comfy.TutorialCompleted": True, "Comfy.VueNodes.Enabled": renderer == "nodes 2.0"}
    server.post("/settings", settings)
    page = browser.new_page(viewport={"width": 1900, "height": 1100})
    page.guard = PageGuard(page)
    page.goto(server.url)
    page.wait_for_function(_READY)
    yield page
    page.close()


@pytest.fixture
def page(shared_page):
    """The page with an empty graph; the test fails if the page complains meanwhile."""
    shared_page.evaluate(_EMPTY)
    yield shared_page
    shared_page.guard.check()


@pytest.fixture
def screenshot(page, renderer):
    """Call with a name: saves what the page shows in tests/web/screenshots."""

    def save(name: str) -> None:
        folder = Path(__file__).parent / "screenshots"
        folder.mkdir(exist_ok=True)
        page.wait_for_timeout(300)
        page.screenshot(path=folder / f"{name} ({renderer}).png")

    return save
