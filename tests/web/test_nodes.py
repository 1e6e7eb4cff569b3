"""Every node of the pack as a person meets it: created on the page, with its defaults."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from graph import settled  # noqa: E402

# Side by side, all of them in view: the classic canvas draws no others.
_CREATE = """types => {
    app.canvas.ds.scale = 0.62
    app.canvas.ds.offset = [120, 120]
    return Object.fromEntries(types.map((type, i) => {
        const node = LiteGraph.createNode(type)
        node.pos = [i % 6 * 420, Math.floor(i / 6) * 520]
        app.graph.add(node)
        return [type, {
            id: node.id,
            title: node.title,
            labels: (node.widgets ?? []).map(w => w.label),
            widgets: Object.fromEntries((node.widgets ?? []).map(w => [w.name, w.value])),
            inputs: node.inputs.filter(i => !i.widget).map(i => i.name),
            outputs: node.outputs.map(o => o.type),
        }]
    }))
}"""
_DRAWN = "app.canvas.low_quality ? [] : app.canvas.visible_nodes.map(node => node.type)"
_WIDGET_TYPES = ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")


@pytest.fixture(scope="session")
def our_nodes(object_info):
    nodes = {name: info for name, info in object_info.items() if name.startswith("FewStep")}
    assert nodes
    return nodes


def test_nodes_show_their_widgets_with_the_schemas_defaults(page, our_nodes):
    created = page.evaluate(_CREATE, list(our_nodes))
    for name, info in our_nodes.items():
        shown = created[name]
        specs = {**info["input"].get("required", {}), **info["input"].get("optional", {})}
        widgets = {key: spec for key, spec in specs.items() if spec[0] in _WIDGET_TYPES}
        defaults = {key: _default(spec) for key, spec in widgets.items()}
        assert {key: shown["widgets"].get(key) for key in widgets} == defaults, name
        assert sorted(shown["inputs"]) == sorted(set(specs) - set(widgets)), name
        assert shown["outputs"] == info["output"], name
        assert shown["title"] == info["display_name"]


def test_widgets_are_drawn(page, our_nodes, renderer, screenshot):
    created = page.evaluate(_CREATE, list(our_nodes))
    settled(page)
    screenshot("nodes")
    assert sorted(page.evaluate(_DRAWN)) == sorted(our_nodes)
    for name, info in our_nodes.items():
        # The classic canvas draws them as they are.
        assert set(_visible_widgets(info)) <= set(created[name]["labels"]), name
    assert "steps (0 = recipe)" in created["FewStepKSampler"]["labels"]
    assert "gamma (-1 = recipe)" in created["FewStepRecipe"]["labels"]
    if renderer == "classic":
        return
    for name, info in our_nodes.items():
        text = page.locator(f"[data-node-id='{created[name]['id']}']").inner_text()
        assert info["display_name"] in text
        for label in _visible_widgets(info):
            assert label in text, (name, text)


def _visible_widgets(info):
    for group in ("required", "optional"):
        for name, spec in info["input"].get(group, {}).items():
            if spec[0] in _WIDGET_TYPES and not spec[1].get("advanced"):
                yield spec[1].get("display_name") or name


def _default(spec):
    options = spec[1]
    return options["default"] if "default" in options else options["options"][0]
