"""Every node of the pack as a person meets it: created on the page, with its defaults."""

import json

import pytest

_CREATE = """async type => {
    const node = LiteGraph.createNode(type)
    node.pos = [300, 200]
    app.graph.add(node)
    app.canvas.ds.scale = 1.6
    app.canvas.ds.offset = [0, 0]
    app.canvas.setDirty(true, true)
    return {
        title: node.title,
        widgets: Object.fromEntries((node.widgets ?? []).map(w => [w.name, w.value])),
        inputs: node.inputs.filter(i => !i.widget).map(i => i.name),
        outputs: node.outputs.map(o => o.type),
    }
}"""
_REMOVE = "() => app.graph.nodes.slice().forEach(node => app.graph.remove(node))"
_WIDGET_TYPES = ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")


@pytest.fixture(scope="session")
def our_nodes(object_info):
    nodes = {name: info for name, info in object_info.items() if name.startswith("FewStep")}
    assert nodes
    return nodes


def test_nodes_show_their_widgets_with_the_schemas_defaults(page, our_nodes):
    for name, info in our_nodes.items():
        shown = page.evaluate(_CREATE, name)
        specs = {**info["input"].get("required", {}), **info["input"].get("optional", {})}
        widgets = {key: spec for key, spec in specs.items() if spec[0] in _WIDGET_TYPES}
        defaults = {key: _default(spec) for key, spec in widgets.items()}
        assert {key: shown["widgets"].get(key) for key in widgets} == defaults, name
        assert sorted(shown["inputs"]) == sorted(set(specs) - set(widgets)), name
        assert shown["outputs"] == info["output"], name
        assert shown["title"] == info["display_name"]
        page.evaluate(_REMOVE)


def test_widgets_are_drawn(page, our_nodes, renderer, screenshot):
    for name, info in our_nodes.items():
        page.evaluate(_CREATE, name)
        screenshot(name)
        if renderer == "nodes 2.0":
            text = page.locator("[data-node-id]").first.inner_text()
            assert info["display_name"] in text
            for label in _visible_widgets(info):
                assert label in text, json.dumps({"node": name, "text": text})
        page.evaluate(_REMOVE)


def _visible_widgets(info):
    for group in ("required", "optional"):
        for name, spec in info["input"].get(group, {}).items():
            if spec[0] in _WIDGET_TYPES and not spec[1].get("advanced"):
                yield name


def _default(spec):
    options = spec[1]
    return options["default"] if "default" in options else options["options"][0]
