"""The blueprints of the pack: listed by the host, and run as one node each."""

import json

import pytest
from fewstep.tools.examples.conversion import to_api
from fewstep.tools.examples.demo_workflows import STAND_INS
from fewstep.tools.paths import ROOT

NAMES = ["Few-step ControlNet", "Few-step text to image"]
SMALL = {"width": 64, "height": 64}


def _served(server):
    found = server.get("/global_subgraphs")
    ours = [key for key, one in found.items() if one["info"]["node_pack"].endswith("fewstep")]
    whole = [server.get(f"/global_subgraphs/{key}") for key in ours]
    return {one["name"]: json.loads(one["data"]) for one in whole}


def test_the_host_lists_them(server):
    assert sorted(_served(server)) == NAMES


def test_each_is_one_node_that_says_what_it_is_for():
    for name in NAMES:
        blueprint = json.loads((ROOT / "subgraphs" / f"{name}.json").read_text("utf-8"))
        (node,), (inside,) = blueprint["nodes"], blueprint["definitions"]["subgraphs"]
        assert node["type"] == inside["id"] and node["title"] == inside["name"] == name
        assert blueprint["extra"]["BlueprintDescription"] == inside["description"]
        assert [slot["type"] for slot in node["outputs"]] == ["IMAGE"]


@pytest.mark.parametrize("name", NAMES)
def test_it_runs(server, name):
    prompt = to_api(_served(server)[name], server.object_info())
    for node in prompt.values():
        inputs = node["inputs"]
        inputs |= {key: STAND_INS[name] for key, name in inputs.items() if _is_file(name)}
        inputs |= {key: size for key, size in SMALL.items() if key in inputs}
    (decoded,) = (key for key, node in prompt.items() if node["class_type"] == "VAEDecode")
    for node in list(prompt.values()):
        if node["class_type"] == "ControlNetApplyAdvanced":
            drawing = {"image": "fewstep-scribble.png"}
            prompt["drawing"] = {"class_type": "LoadImage", "inputs": drawing}
            node["inputs"]["image"] = ["drawing", 0]
    saved = {"images": [decoded, 0], "filename_prefix": f"blueprint {name}"}
    prompt["saved"] = {"class_type": "SaveImage", "inputs": saved}
    assert server.queue(prompt)["outputs"]["saved"]["images"]


def _is_file(value):
    return isinstance(value, str) and value in STAND_INS
