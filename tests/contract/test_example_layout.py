"""The example workflows as pictures: small enough to be read as opened, and from left to right."""

import json
import re

import pytest
from fewstep.recipes import builtin_recipes, recognise_name, run_settings
from fewstep.tools.paths import EXAMPLES

FILES = sorted(EXAMPLES.glob("*.json"))
# The height of a title, which is drawn above its node.
TITLE = 30
# What a title begins with.
BASES = r"SD 1\.5|SDXL|SD3\.5|SD3|FLUX\.[12]|Qwen-Image|Z-Image|Krea 2|Wan 2\.2|LTX-2\.3|MiniMax H3"


@pytest.fixture(scope="module", params=FILES, ids=lambda file: file.stem)
def workflow(request):
    return json.loads(request.param.read_text("utf-8"))


def test_no_wire_runs_backwards(workflow):
    """To the right, or down to the next node of a column."""
    nodes = {node["id"]: node for node in workflow["nodes"]}
    for _, origin, _, target, *_ in workflow["links"]:
        begin, end = nodes[origin], nodes[target]
        right = begin["pos"][0] + begin["size"][0] < end["pos"][0]
        assert right or _next_below(begin, nodes.values()) is end, (begin["type"], end["type"])


def _next_below(node, nodes):
    column = [one for one in nodes if one["pos"][0] == node["pos"][0]]
    below = [one for one in column if one["pos"][1] > node["pos"][1]]
    return min(below, key=lambda one: one["pos"][1], default=None)


def test_no_node_covers_another(workflow):
    boxes = [(*node["pos"], *node["size"]) for node in workflow["nodes"]]
    for number, (x, y, width, height) in enumerate(boxes):
        for left, top, wide, high in boxes[:number]:
            beside = x >= left + wide or left >= x + width
            assert beside or y - TITLE >= top + high or top - TITLE >= y + height


def test_one_wire_carries_the_recipe(workflow):
    """Few-step recipe has no model whose recipe it could be, nor has what saves a LoRA."""
    origins = {link[1] for link in workflow["links"] if link[5] == "FEWSTEP_RECIPE"}
    assert {node["type"] for node in workflow["nodes"] if node["id"] in origins} <= {
        "FewStepRecipe",
        "FewStepDistil",
    }


def test_there_is_one_note_without_code_between_its_words(workflow):
    (note,) = (node for node in workflow["nodes"] if node["type"] == "MarkdownNote")
    blocks_left_out = re.sub(r"```.*?```", "", note["widgets_values"][0], flags=re.S)
    assert "`" not in blocks_left_out


def test_names_sort_by_base_model_and_start_here_is_first():
    names = [file.stem for file in FILES]
    assert names[0].startswith("1 Start here")
    smallest = min(FILES, key=lambda file: len(json.loads(file.read_text())["nodes"]))
    start = json.loads(FILES[0].read_text("utf-8"))
    assert len(start["nodes"]) <= len(json.loads(smallest.read_text())["nodes"]) + 1
    bases = [re.match(BASES, name).group() for name in names[1:]]
    blocks = [base for n, base in enumerate(bases) if n == 0 or bases[n - 1] != base]
    assert len(blocks) == len(set(blocks))


def test_start_here_and_two_more_are_apps_that_show_what_people_change_and_the_picture():
    apps = {file.stem: json.loads(file.read_text("utf-8")) for file in FILES}
    apps = {name: one for name, one in apps.items() if one["extra"].get("linearData")}
    assert len(apps) >= 3 and any(name.startswith("1 Start here") for name in apps)
    for workflow in apps.values():
        nodes = {str(node["id"]): node for node in workflow["nodes"]}
        shown = workflow["extra"]["linearData"]
        for node, widget in shown["inputs"]:
            assert widget in [slot["name"] for slot in nodes[node]["inputs"] if "widget" in slot]
        assert [nodes[node]["type"] for node in shown["outputs"]] == ["SaveImage"]
        # It opens as a graph all the same.
        assert workflow["extra"]["linearMode"] is False


def test_each_expert_of_wan_draws_the_levels_it_was_trained_on():
    """The boundary of Wan 2.2's own config; the wires lead to the files of the same half."""
    boundary = 0.9
    file = EXAMPLES / "Wan 2.2 Lightning image to video in 4 steps.json"
    workflow = json.loads(file.read_text("utf-8"))
    nodes = {node["id"]: node for node in workflow["nodes"]}
    (split,) = (node for node in nodes.values() if node["type"] == "SplitSigmas")
    for slot, half in enumerate(("high_noise", "low_noise")):
        (sampler,) = (link[3] for link in workflow["links"] if link[1:3] == [split["id"], slot])
        lora = _before(workflow, nodes, _before(workflow, nodes, sampler, "guider"), "model")
        model = _before(workflow, nodes, lora, "model")
        assert all(half in nodes[one]["widgets_values"][0] for one in (lora, model))
    name = nodes[lora]["widgets_values"][0]
    recipe = recognise_name(name, builtin_recipes(), ("LoRA",)).recipe
    levels = run_settings(recipe, 0, 0, 1.0).levels
    assert split["widgets_values"] == [sum(level >= boundary - 1e-6 for level in levels)]


def _before(workflow, nodes, target, name):
    """The id of the node that feeds this input."""
    links = {link[0]: link for link in workflow["links"]}
    return next(links[slot["link"]][1] for slot in nodes[target]["inputs"] if slot["name"] == name)
