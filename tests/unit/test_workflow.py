"""From a saved workflow to a prompt: links, widgets, and nodes that do not run."""

import pytest
from fewstep.tools.examples.conversion import to_api

INFO = {
    "Load": {"input": {"required": {"name": [["a", "b"]]}}, "display_name": "Load"},
    "Sample": {
        "input": {
            "required": {
                "model": ["MODEL"],
                "seed": ["INT", {"default": 0}],
                "steps": ["INT", {"default": 4}],
                "mode": ["COMBO", {"options": ["x", "y"]}],
            }
        },
        "display_name": "Sample",
    },
    "Patch": {
        "input": {"required": {"model": ["MODEL"], "strength": ["FLOAT", {"default": 1.0}]}},
        "display_name": "Patch",
    },
}


def workflow(**changes):
    """Load -> Patch -> Sample, through a Reroute."""
    model_in = lambda link: [{"name": "model", "type": "MODEL", "link": link}]  # noqa: E731
    model_out = [{"name": "MODEL", "type": "MODEL"}]
    nodes = {
        1: {"type": "Load", "widgets_values": ["b"], "outputs": model_out},
        2: {"type": "Patch", "widgets_values": [0.5], "inputs": model_in(1), "outputs": model_out},
        3: {"type": "Reroute", "inputs": model_in(2), "outputs": model_out},
        4: {
            "type": "Sample",
            "widgets_values": [7, "randomize", 8, "y"],
            "inputs": model_in(3),
            "outputs": [],
        },
        5: {"type": "Note", "widgets_values": ["read me"]},
    }
    for node_id, change in changes.items():
        nodes[int(node_id[1:])] |= change
    return {
        "nodes": [{"id": node_id, "mode": 0, **node} for node_id, node in nodes.items()],
        "links": [[1, 1, 0, 2, 0, "MODEL"], [2, 2, 0, 3, 0, "MODEL"], [3, 3, 0, 4, 0, "MODEL"]],
    }


def test_links_and_widgets_become_inputs():
    prompt = to_api(workflow(), INFO)
    assert set(prompt) == {"1", "2", "4"}
    assert prompt["1"]["inputs"] == {"name": "b"}
    assert prompt["2"]["inputs"] == {"model": ["1", 0], "strength": 0.5}
    # The control after a seed is a widget of the page, not of the node.
    assert prompt["4"]["inputs"] == {"model": ["2", 0], "seed": 7, "steps": 8, "mode": "y"}
    assert prompt["4"]["_meta"] == {"title": "Sample"}


def test_a_bypassed_node_hands_its_input_on():
    prompt = to_api(workflow(n2={"mode": 4}), INFO)
    assert set(prompt) == {"1", "4"}
    assert prompt["4"]["inputs"]["model"] == ["1", 0]


def test_a_muted_node_takes_its_output_away():
    prompt = to_api(workflow(n2={"mode": 2}), INFO)
    assert set(prompt) == {"1", "4"}
    assert "model" not in prompt["4"]["inputs"]


def test_an_unknown_node_is_named():
    with pytest.raises(ValueError, match="Mystery"):
        to_api(workflow(n2={"type": "Mystery"}), INFO)
