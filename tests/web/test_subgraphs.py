"""Plots and badges read what is on the other side of a subgraph's walls."""

import json
import sys
from pathlib import Path

import pytest
from fewstep.tools.paths import ROOT

sys.path.insert(0, str(Path(__file__).parent))
from graph import PageGraph, open_workflow  # noqa: E402

_WRAP = """ids => {
    const nodes = new Set(ids.map(id => app.graph.getNodeById(id)))
    const { subgraph, node } = app.graph.convertToSubgraph(nodes)
    app.canvas.setGraph(subgraph)
    return [String(node.id), ...subgraph.nodes.map(one => String(one.id))]
}"""
_OUTSIDE = """([id, name, value]) => {
    const widget = app.graph.getNodeById(id).widgets.find(one => one.name === name)
    widget.value = value
    widget.callback?.(value)
}"""
_ENTER = """() => {
    const [shell] = app.graph.nodes
    app.canvas.setGraph(shell.subgraph)
    return Object.fromEntries(shell.subgraph.nodes.map(one => [one.type, String(one.id)]))
}"""


@pytest.fixture
def graph(page):
    yield PageGraph(page)
    page.evaluate("app.canvas.setGraph(app.graph)")


def test_a_recipe_outside_is_read_inside(page, graph):
    recipe = graph.add("FewStepRecipe", recipe="tcd/sd15-lora", steps=6)
    sampler = graph.add("FewStepKSampler", (400, 0))
    graph.link(recipe, 0, sampler, "recipe")
    _, inner = page.evaluate(_WRAP, [sampler])
    assert len(graph.panel(inner)["steps"]) == 6
    page.evaluate(_OUTSIDE, [recipe, "steps", 3])
    assert len(graph.panel(inner)["steps"]) == 3


def test_a_recipe_inside_is_read_outside(page, graph):
    recipe = graph.add("FewStepRecipe", recipe="tcd/sd15-lora", steps=6)
    sampler = graph.add("FewStepKSampler", (400, 0))
    graph.link(recipe, 0, sampler, "recipe")
    page.evaluate(_WRAP, [recipe])
    page.evaluate("app.canvas.setGraph(app.graph)")
    assert len(graph.panel(sampler)["steps"]) == 6


def test_the_sampler_outside_is_known_inside(page, graph):
    scheduler = graph.add("FewStepScheduler")
    sampler = graph.add("FewStepSamplerTCD", (400, 0), gamma=0.3)
    custom = graph.add("SamplerCustomAdvanced", (800, 0))
    graph.link(scheduler, 0, custom, "sigmas")
    graph.link(sampler, 0, custom, "sampler")
    _, inner = page.evaluate(_WRAP, [scheduler])
    assert any("TCD, gamma 0.3" in line for line in graph.panel(inner)["lines"])


def test_what_the_blueprint_shows_outside_is_read_inside(page, graph):
    file = ROOT / "subgraphs" / "Few-step text to image.json"
    open_workflow(page, json.loads(file.read_text("utf-8")))
    inner = page.evaluate(_ENTER)
    lines = graph.panel(inner["FewStepLoraLoader"])["lines"]
    assert not any("another node sets" in line for line in lines)
    assert graph.panel(inner["FewStepKSampler"])["lines"]


def test_what_is_used_twice_has_no_value_of_its_own(page, graph):
    recipe = graph.add("FewStepRecipe", recipe="tcd/sd15-lora")
    sampler = graph.add("FewStepKSampler", (400, 0))
    graph.link(recipe, 0, sampler, "recipe")
    shell, inner = page.evaluate(_WRAP, [sampler])
    page.evaluate("id => app.graph.add(app.graph.getNodeById(id).clone())", shell)
    assert "and is known once it runs" in graph.panel(inner)["lines"][0]
