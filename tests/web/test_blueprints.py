"""The blueprints as a person finds them in the search and puts them into a graph."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from graph import wait_until  # noqa: E402

NAMES = ["Few-step text to image", "Few-step ControlNet"]
_NODES = """() => app.graph.nodes.map(node => ({
    title: node.title, inside: node.subgraph?.nodes.length, errors: !!node.has_errors,
    widgets: (node.widgets ?? []).map(widget => widget.label ?? widget.name),
}))"""


@pytest.mark.parametrize("name", NAMES)
def test_it_is_put_into_a_graph_by_the_search(page, name, screenshot):
    page.evaluate("app.extensionManager.command.execute('Workspace.SearchBox.Toggle')")
    box = page.get_by_role("combobox").or_(page.get_by_role("searchbox")).last
    box.wait_for()
    box.fill(name)
    page.locator("[role=option][aria-selected=true]").filter(has_text=name).first.wait_for()
    page.keyboard.press("Enter")
    wait_until(page, "app.graph.nodes.length === 1", f"{name} was not put into the graph")
    (node,) = page.evaluate(_NODES)
    # It hangs on the pointer until it is put down.
    page.mouse.move(700, 300)
    page.mouse.click(700, 300)
    screenshot(name)
    assert node["title"] == name and node["inside"] >= 7 and not node["errors"]
    assert len(node["widgets"]) >= 8
    kinds = {
        one["class_type"]
        for one in page.evaluate("async () => Object.values((await app.graphToPrompt()).output)")
    }
    assert {"CheckpointLoaderSimple", "FewStepLoraLoader", "FewStepKSampler"} <= kinds
