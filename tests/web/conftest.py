"""A real page of a real ComfyUI, once for each way the page draws nodes."""

import contextlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fewstep.tools.examples.demo_files import PICTURE_NAME, add_demo_files
from fewstep.tools.examples.model_files import model_files
from fewstep.tools.hosts.server import Server
from fewstep.tools.machine.chromium import HOW_TO_GET_IT
from fewstep.tools.paths import BLUEPRINTS, DEV, EXAMPLES
from playwright.sync_api import Error as PageError
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

from graph import LONGEST, open_empty, settled  # noqa: E402
from named_files import write_named  # noqa: E402
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
# Without what the page draws and stores anew for each workflow beside it.
_SETTINGS = {
    "Comfy.TutorialCompleted": True,
    "Comfy.Minimap.Visible": False,
    "Comfy.Workflow.Persist": False,
    "Comfy.Graph.CanvasInfo": False,
}
_UNSEEN = "#graph-canvas-container { display: none }"
# A busy machine takes a minute for what else takes five seconds.
_START_MS = 180_000
FAILED = DEV / "reports" / "screenshots"


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    base = tmp_path_factory.mktemp("base")
    add_demo_files(base, Path(sys.executable))
    _add_names(base / "models")
    # A picture that comes with ComfyUI.
    shutil.copy(base / "input" / PICTURE_NAME, base / "input" / "example.png")
    # The rest of the machine is for the browser.
    with Server(Path(os.environ["FEWSTEP_HOST"]), base, env={"OMP_NUM_THREADS": "1"}) as running:
        yield running


def _add_names(models: Path) -> None:
    """Files without weights for all that the examples name: the page asks what they are."""
    for file in (*EXAMPLES.glob("*.json"), *BLUEPRINTS.glob("*.json")):
        for folder, name in model_files(json.loads(file.read_text("utf-8"))):
            if not (models / folder / name).exists():
                write_named(models, folder, name)


@pytest.fixture(scope="session")
def object_info(server):
    return server.object_info()


@pytest.fixture(scope="session")
def browser():
    program = os.environ.get("FEWSTEP_CHROMIUM")
    if not program:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(HOW_TO_GET_IT)
    shutil.rmtree(FAILED, ignore_errors=True)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session", params=["classic", "nodes 2.0"])
def renderer(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def shared_page(server, browser, renderer):
    settings = {"Comfy.VueNodes.Enabled": renderer == "nodes 2.0", **_SETTINGS}
    server.post("/settings", settings)
    # Without the page's animations nothing has to be waited for that is only on its way.
    page = browser.new_page(viewport={"width": 1900, "height": 1100}, reduced_motion="reduce")
    page.set_default_timeout(LONGEST * 1000)
    page.guard = PageGuard(page)
    page.goto(server.url, timeout=_START_MS)
    page.wait_for_function(_READY, timeout=_START_MS)
    yield page
    page.close()


@pytest.fixture
def page(shared_page):
    """The page with an empty graph; the test fails if the page complains meanwhile."""
    open_empty(shared_page)
    yield shared_page
    shared_page.guard.check()


@pytest.fixture
def host_page(shared_page):
    """The page; what the host's own nodes complain of, such as missing files, is not ours."""
    # To draw some hundred nodes takes longer than all else, and nothing of it is looked at.
    unseen = shared_page.add_style_tag(content=_UNSEEN)
    yield shared_page
    # It is gone already where the page was loaded anew.
    with contextlib.suppress(PageError):
        unseen.evaluate("style => style.remove()")
    open_empty(shared_page)
    shared_page.guard.rest()
    settled(shared_page)
    shared_page.evaluate("app.extensionManager.toast.removeAll()")
    shared_page.guard.complaints()


@pytest.fixture(scope="session")
def screenshot(shared_page, renderer):
    """Call with a name: saves what the page shows, if FEWSTEP_SCREENSHOTS names a folder."""

    def save(name: str) -> None:
        if folder := os.environ.get("FEWSTEP_SCREENSHOTS"):
            settled(shared_page)
            shared_page.screenshot(path=Path(folder) / f"{name} ({renderer}).png")

    return save


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Saves what the page shows where a test fails."""
    report = yield
    page = item.funcargs.get("shared_page")
    if report.failed and page:
        path = FAILED / (re.sub(r"[^-.() \w]+", " ", item.name) + ".png")
        # A page that has crashed shows nothing.
        with contextlib.suppress(PageError):
            page.screenshot(path=path)
            report.sections.append(("What the page shows", str(path)))
    return report
