"""What a node says of its steps before anything runs: experts, CFG and LoRA strengths."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from graph import PageGraph  # noqa: E402


@pytest.fixture
def graph(page):
    return PageGraph(page)


def test_two_experts_are_parted_by_level_with_cfg_and_strengths_below(graph):
    recipe = graph.add("FewStepRecipe", recipe="wan/t2v22-4step")
    node = graph.add("FewStepExperts", (400, 0))
    graph.link(recipe, 0, node, "recipe")
    lines = graph.panel(node)["lines"]
    assert "Levels 1 0.9375 0.8333 0.625, shift 5" in lines
    assert "High-noise model 2 steps, low-noise model 2, changing at level 0.875" in lines
    graph.set(node, "steps", 5)
    graph.set(node, "cfgs", "3.5, 1")
    lines = graph.panel(node)["lines"]
    assert "High-noise model 3 steps, low-noise model 2, changing at level 0.875" in lines
    assert any(line.endswith("CFG 3.5, 1 by step") for line in lines)
    assert "Warning: Made for CFG 1, and 3.5 is set." in lines
    graph.set(node, "boundary", 0.5)
    lines = graph.panel(node)["lines"]
    assert "High-noise model 5 steps, low-noise model 0, changing at level 0.5" in lines
    for name, x in (("low_model", 0), ("high_model", 800)):
        loader = graph.add("FewStepLoraLoader", (x, 700), step_strengths="0, 1")
        graph.link(loader, 0, node, name)
    assert graph.panel(node)["lines"].count("LoRA strength 0, 1 by step") == 2


def test_a_wrong_list_is_the_sentence_the_run_would_say(graph):
    recipe = graph.add("FewStepRecipe", recipe="tcd/sd15-lora")
    node = graph.add("FewStepKSampler", (400, 0), steps=2, cfgs="3, 2, 1")
    graph.link(recipe, 0, node, "recipe")
    assert graph.panel(node)["lines"] == [
        "cfgs has 3 numbers, and steps is 2. Take out 1 of them, or set more steps."
    ]
    graph.set(node, "cfgs", "3, 1")
    assert any(line.endswith("CFG 3, 1 by step") for line in graph.panel(node)["lines"])


def test_a_recipe_without_a_boundary_asks_for_one(graph):
    recipe = graph.add("FewStepRecipe", recipe="wan/t2v-lightx2v-v2")
    node = graph.add("FewStepExperts", (400, 0))
    graph.link(recipe, 0, node, "recipe")
    (line,) = graph.panel(node)["lines"]
    assert "does not say at which level the two models change. Set boundary" in line
