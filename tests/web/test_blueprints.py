"""The blueprints as a person finds them in the search and puts them into a graph."""

import pytest

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
    page.wait_for_timeout(600)
    page.keyboard.press("Enter")
    page.wait_for_function("app.graph.nodes.length === 1")
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
