"""What Compare few-step settings marks on the demo model, through a real server, in 10 seeds."""

import pytest
from graphs import Graph

from demo.config import SEED, WIDE
from demo.scenes import data
from demo.scenes.words import prompt

SEEDS = 10


@pytest.fixture(scope="module")
def reports(server):
    """For each seed, with a prompt of its own, what is said of each picture: by sheet and label."""
    scenes = data.scenes(0, SEEDS, WIDE, seed=SEED + 60, words=data.combinations())
    return [
        _reports(server, seed, prompt(*words)) for seed, words in enumerate(scenes.words.tolist())
    ]


def _reports(server, seed, words):
    graph = Graph()
    graph.prompt[graph.positive[0]]["inputs"]["text"] = words
    lists = {
        "base": {"steps": "1, 25", "cfgs": "1", "recipe": graph.recipe(gamma=0.0)},
        # Against another picture than itself, which never has a fault by comparison.
        "tcd": {"steps": "2, 4", "reference": "2 steps"},
        "lcm": {"steps": "2, 4", "cfgs": "1, 7", "reference": "CFG 1, 2 steps"},
    }
    shown, plain = {}, graph.model
    for name, given in lists.items():
        graph.model = plain
        if name != "base":
            loader = graph.lora(f"fewstep-demo-{name}.safetensors")
            graph.model, given["recipe"] = loader, [loader[0], 1]
        node = graph.compare(seed, similarity=True, **given)
        shown[name] = graph.show([node[0], 2])
    outputs = server.queue(graph.prompt)["outputs"]
    return {name: _cells(outputs[node]["text"][0]) for name, node in shown.items()}


def _cells(report):
    """What stands after the calls, by label."""
    cells = (line.split(": ", 1) for line in report.split("\n\n")[1].splitlines())
    return {label: found.split(", ")[1:] for label, found in cells}


def _seeds_with(fault, reports, sheet, label):
    return sum(fault in found[sheet][label] for found in reports)


def test_cfg_7_on_lcm_is_marked_burnt(reports):
    for label in ("CFG 7, 2 steps", "CFG 7, 4 steps"):
        assert _seeds_with("burnt", reports, "lcm", label) >= 9


def test_1_step_without_a_lora_is_marked_blurred(reports):
    assert _seeds_with("blurred", reports, "base", "1 step") >= 9


@pytest.mark.parametrize(
    ("sheet", "label"), [("lcm", "CFG 1, 4 steps"), ("tcd", "4 steps"), ("base", "25 steps")]
)
@pytest.mark.parametrize("fault", ["burnt", "blurred"])
def test_a_good_picture_is_not_marked(fault, sheet, label, reports):
    assert _seeds_with(fault, reports, sheet, label) <= 1
