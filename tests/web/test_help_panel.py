"""The help of a node as a person opens it: select the node, press Info, read."""

import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as NotThere

sys.path.insert(0, str(Path(__file__).parent))
from graph import PageGraph, open_empty  # noqa: E402

DOCS = Path(__file__).parents[2] / "web" / "docs"
NODES = sorted(page.stem for page in DOCS.glob("*.md"))
# The help is the same in Nodes 2.0; what is selected there is a node with a plot, with a badge,
# and with neither.
SELECTED = ["FewStepScheduler", "FewStepLoraLoader", "FewStepSamplerTCD"]
# The middle of a node's title, on the page.
_TITLE = """id => {
    const node = app.graph.getNodeById(id)
    const [x, y] = app.canvas.ds.convertOffsetToCanvas([node.pos[0] + 80, node.pos[1] - 15])
    const box = app.canvas.canvas.getBoundingClientRect()
    return [x + box.left, y + box.top]
}"""
_WIDTH = "async image => { await image.decode(); return image.naturalWidth }"


@pytest.fixture(scope="module")
def panel(shared_page):
    """The panel at the side of the page, closed again after the last test.

    One workflow for all: while the panel is open, the page takes seconds to open another.
    """
    open_empty(shared_page)
    found = shared_page.get_by_test_id("properties-panel")
    yield found
    shared_page.guard.check()
    open_empty(shared_page)
    _close(shared_page, found)


def test_info_shows_the_help_page_of_every_node_with_its_picture(
    shared_page, renderer, panel, screenshot
):
    for node_type in NODES if renderer == "classic" else SELECTED:
        _check_help(shared_page, panel, node_type)
        screenshot(f"help of {node_type}")
        _close(shared_page, panel)


def _check_help(page, panel, node_type):
    page.evaluate("app.graph.clear()")
    graph = PageGraph(page)
    node = graph.add(node_type, (300, 200))
    graph.settled()
    _select(page, panel, node)
    page.get_by_test_id("info-button").click()
    text = (DOCS / f"{node_type}.md").read_text("utf-8")
    title = text.splitlines()[0].removeprefix("# ")
    panel.get_by_role("heading", name=title, exact=True, level=1).wait_for()
    for heading in re.findall(r"^## (.*)$", text, re.M):
        assert panel.get_by_role("heading", name=heading, exact=True, level=2).count() == 1, heading
    assert panel.locator("img").first.evaluate(_WIDTH) > 300, node_type


def _select(page, panel, node):
    """Clicks the title, as often as a person would on a page that is busy and misses a click."""
    for _ in range(6):
        # Over an open panel the page shows no button for the node's help.
        _close(page, panel)
        page.mouse.click(*page.evaluate(_TITLE, node))
        try:
            return page.get_by_test_id("info-button").wait_for(timeout=4000)
        except NotThere:
            page.evaluate("app.canvas.deselectAll()")
    raise AssertionError("The node is not selected by a click on its title.")


def _close(page, panel):
    """Until it is gone: a busy page takes its time to."""
    if panel.is_visible():
        page.get_by_role("button", name="Toggle properties panel").click()
        panel.wait_for(state="hidden")
