"""Workflows that are incomplete, deep, in circles or not what their nodes' definitions say."""

import json
import sys

import pytest
from fewstep.client.errors import InputError
from fewstep.client.jobs.freeze import freeze
from fewstep.client.jobs.table import product
from fewstep.client.jobs.template import Template
from fewstep.client.page.file import prompt_of, read_workflow, types_in
from fewstep.client.page.workflow import node_types, to_api

INFO = {
    "Load": {"input": {"required": {"name": [["a", "b"]]}}, "output": ["MODEL"]},
    "Patch": {
        "input": {"required": {"model": ["MODEL"], "strength": ["FLOAT", {"default": 1.0}]}},
        "output": ["MODEL"],
    },
    "Save": {
        "input": {
            "required": {"model": ["MODEL"], "steps": ["INT", {"default": 4}]},
            "optional": {"note": ["STRING", {"default": ""}], "mask": ["MASK"]},
        },
        "output": [],
        "output_node": True,
    },
    "Power Lora Loader (rgthree)": {
        "input": {"required": {}, "optional": {"model": ["MODEL"], "clip": ["CLIP"]}},
        "output": ["MODEL", "CLIP"],
        "python_module": "custom_nodes.rgthree-comfy",
    },
    "Seeded": {
        "input": {"required": {"seed": ["INT", {}]}},
        "output": ["MODEL"],
        "python_module": "custom_nodes.some-pack",
    },
}
SUB = "11111111-1111-4111-8111-111111111111"


def model_in(link):
    return [{"name": "model", "type": "MODEL", "link": link}]


def chain(*middle, values=None):
    """Load -> middle ... -> Save, each linked to the next."""
    nodes = [{"id": 1, "type": "Load", "widgets_values": ["b"], "outputs": []}]
    nodes += [{"id": n, "inputs": model_in(n - 1), **node} for n, node in enumerate(middle, 2)]
    end = len(nodes)
    nodes.append({"id": end + 1, "type": "Save", "inputs": model_in(end), "widgets_values": values})
    return {"nodes": nodes, "links": [[n, n, 0, n + 1, 0, "MODEL"] for n in range(1, end + 1)]}


def last(prompt):
    return next(node for node in prompt.values() if node["class_type"] == "Save")["inputs"]


@pytest.mark.parametrize(
    ("node", "fed_by"),
    [
        ({"type": "Patch", "mode": 4}, ["1", 0]),
        ({"type": "Patch", "mode": 4, "outputs": None}, ["1", 0]),
        ({"type": "Unknown", "mode": 4, "outputs": [{"type": "*"}]}, ["1", 0]),
        ({"type": "Unknown", "mode": 4}, ["1", 0]),
        ({"type": "Unknown", "mode": 4, "inputs": []}, None),
        ({"type": "Reroute", "mode": 4}, ["1", 0]),
        ({"type": "Reroute", "inputs": []}, None),
        ({"type": "Reroute", "inputs": None}, None),
        ({"type": "PrimitiveNode"}, None),
        ({"type": "PrimitiveNode", "widgets_values": None, "outputs": None}, None),
        ({"type": "GetNode", "widgets_values": ["nobody"]}, None),
        ({"type": "GetNode"}, None),
        ({"type": "Reroute (rgthree)"}, ["1", 0]),
        ({"type": "SetNode"}, ["1", 0]),
    ],
)
def test_a_node_with_parts_missing_hands_on_what_it_can(node, fed_by):
    assert last(to_api(chain(node), INFO)).get("model") == fed_by


def test_gaps_among_nodes_and_links_are_passed_over():
    workflow = chain({"type": "Patch", "widgets_values": None})
    workflow["links"] += [None, [], [7], {"id": 9}, "x", [8, None, 0, 2, 0], [9, 1, "0", 2, 0]]
    assert last(to_api(workflow, INFO))["model"] == ["2", 0]
    assert to_api({"nodes": [], "links": None}, INFO) == {}


def test_ids_may_be_text_and_links_may_have_them_either_way():
    workflow = chain({"type": "Reroute"})
    for node in workflow["nodes"]:
        node["id"] = str(node["id"])
    assert last(to_api(workflow, INFO))["model"] == ["1", 0]


@pytest.mark.parametrize(
    "node", [None, {}, {"id": 5}, {"type": "Load"}, 3, {"id": [], "type": "a"}]
)
def test_what_is_no_node_is_one_sentence(node):
    workflow = chain()
    workflow["nodes"].append(node)
    with pytest.raises(InputError, match="a node without an id or a type: save it again"):
        to_api(workflow, INFO)


def test_a_chain_of_many_thousand_nodes_is_no_matter():
    reroutes = chain(*[{"type": "Reroute"}] * 15_000)
    assert last(to_api(reroutes, INFO))["model"] == ["1", 0]
    nodes = chain(*[{"type": "Patch"}] * 5_000)
    assert len(to_api(nodes, INFO)) == 5_002


def circle(kind):
    workflow = chain({"type": kind}, {"type": kind})
    workflow["links"][0] = [1, 3, 0, 2, 0, "MODEL"]
    return workflow


@pytest.mark.parametrize("kind", ["Reroute", "Patch", "SetNode"])
def test_links_in_a_circle_are_one_sentence(kind):
    with pytest.raises(InputError, match=r"in a circle.*: take .* out\.$"):
        to_api(circle(kind), INFO)


def test_an_export_in_a_circle_is_one_sentence_too():
    prompt = {
        "1": {"class_type": "Patch", "inputs": {"model": ["2", 0]}},
        "2": {"class_type": "Patch", "inputs": {"model": ["1", 0]}},
        "3": {"class_type": "Save", "inputs": {"model": ["1", 0]}},
    }
    with pytest.raises(InputError, match="run in a circle through Patch"):
        prompt_of(prompt, INFO)
    # What no output needs, the server never looks at.
    assert prompt_of({**prompt, "3": {"class_type": "Save", "inputs": {}}}, INFO)


def nested(depth, *, back=False, width=1):
    """Subgraphs, each with the next one inside of it so many times; the last with a Load."""
    names = [f"s{n}" for n in range(depth)]
    inner = [[{"id": n, "type": name} for n in range(1, width + 1)] for name in names[1:]]
    inner.append([{"id": 1, "type": names[0] if back else "Load"}])
    defined = [
        {"id": name, "nodes": nodes, "links": [], "inputs": [], "outputs": []}
        for name, nodes in zip(names, inner, strict=True)
    ]
    nodes = [{"id": 100, "type": names[0]}]
    return {"nodes": nodes, "links": [], "definitions": {"subgraphs": defined}}


@pytest.mark.parametrize(
    ("workflow", "sentence"),
    [
        (nested(1, back=True), "contains itself"),
        (nested(3, back=True), "contains itself"),
        (nested(2000), "more than 50 deep"),
        (nested(40, width=2), "more than 20000 nodes"),
    ],
)
def test_subgraphs_without_end_are_one_sentence(workflow, sentence):
    for convert in (node_types, lambda found: to_api(found, INFO)):
        with pytest.raises(InputError, match=sentence):
            convert(workflow)


def test_subgraphs_forty_deep_are_opened():
    (key,) = to_api(nested(40), INFO)
    assert key.count(":") == 40


def test_values_too_deep_for_any_reader_are_one_sentence(tmp_path):
    for depth in (200, sys.getrecursionlimit() * 5, 200_000):
        deep = json.dumps(chain()).replace('"b"', "[" * depth + "]" * depth)
        (tmp_path / "deep.json").write_text(deep)
        with pytest.raises(InputError, match=r"100 deep\.|is not JSON\."):
            read_workflow(tmp_path / "deep.json")


POWER = [{}, {"type": "PowerLoraLoaderHeaderWidget"}, {"on": True, "lora": "a", "strength": 1}, ""]


@pytest.mark.parametrize(
    ("node", "what"),
    [
        ({"type": "Power Lora Loader (rgthree)", "widgets_values": POWER}, "PowerLoraLoader"),
        ({"type": "Seeded", "widgets_values": [1, "fixed", {"a": 1}], "inputs": []}, "'a': 1"),
        ({"type": "Seeded", "widgets_values": {"seed": 1, "more": 2}, "inputs": []}, "'more': 2"),
        ({"type": "Seeded", "widgets_values": ["many", "fixed"], "inputs": []}, "seed is many"),
        ({"type": "Patch", "widgets_values": ["euler"]}, "strength is euler, which is no FLOAT"),
        ({"type": "Patch", "widgets_values": [{"a": 1}]}, "strength is"),
    ],
)
def test_values_that_the_definition_does_not_name_are_refused(node, what):
    with pytest.raises(InputError, match=r"do not fit its definition .*Export \(API\)") as error:
        to_api(chain(node), INFO)
    assert what in str(error.value) and "picture" in str(error.value)


@pytest.mark.parametrize(
    "node",
    [
        {"type": "Power Lora Loader (rgthree)", "widgets_values": [{}, None, ""]},
        {"type": "Power Lora Loader (rgthree)", "widgets_values": POWER, "mode": 4},
        {"type": "Seeded", "widgets_values": [1, "randomize", None, ""], "inputs": []},
        {"type": "Seeded", "widgets_values": {"seed": 1, "videopreview": {}}, "inputs": []},
        {"type": "Patch", "widgets_values": [1, "left", "over"]},
    ],
)
def test_values_that_mean_nothing_are_passed_over(node):
    assert to_api(chain(node), INFO)


def exported(**more):
    return {
        "1": {"class_type": "Load", "inputs": {"name": "a"}, "_meta": {"title": "L"}},
        "2": {"class_type": "Save", "inputs": {"model": ["1", 0]}},
        **more,
    }


@pytest.mark.parametrize(
    "content",
    [
        exported(version=0.4),
        exported(version="1", extra={"ds": {}}, workflow=None, client_id="x", tags=[1]),
        {"prompt": exported(), "client_id": "x"},
    ],
)
def test_an_export_may_have_more_beside_its_nodes(tmp_path, content):
    (tmp_path / "api.json").write_text(json.dumps(content))
    found = read_workflow(tmp_path / "api.json")
    assert types_in(found) == {"Load", "Save"}
    # Without a title a server that replaces a node stumbles (ComfyUI 0.30).
    assert [node["_meta"]["title"] for node in found.values()] == ["L", "Save"]


def job(settings):
    (made,) = freeze(Template(exported(), INFO), product([], {}, None), settings)
    return made.prompt("mark")["2"]["inputs"]


def test_an_input_that_the_export_left_out_can_be_set():
    assert job({"2.steps": "8", "Save.note": "a"}) | {"steps": 8, "note": "a"} == job(
        {"2.steps": "8", "Save.note": "a"}
    )


def test_an_input_that_no_widget_gives_is_not_in_the_list():
    with pytest.raises(InputError, match="it has model, note, steps"):
        job({"2.other": "8"})
    with pytest.raises(InputError, match="no such input"):
        job({"2.mask": "8"})
