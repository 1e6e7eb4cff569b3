"""What the example workflows and blueprints say about the files they name, as they lie in git."""

import json
import re

import pytest
from fewstep.tools.examples.base_models import BASE_MODELS
from fewstep.tools.examples.links import published, with_links, workflow_files
from fewstep.tools.examples.model_files import files_of_node, graphs, model_files
from fewstep.tools.user_error import UserError

FILES = workflow_files()
# Where the page of ComfyUI 0.30 takes links to, and the endings it offers.
SITES = ("https://huggingface.co/", "https://civitai.com/")
ENDINGS = (".safetensors", ".sft", ".ckpt", ".pth", ".pt")


@pytest.fixture(scope="module", params=FILES, ids=lambda file: file.stem)
def workflow(request):
    return json.loads(request.param.read_text("utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_workflow_is_what_the_tool_writes(file):
    text = file.read_text("utf-8")
    assert with_links(text) == text, "python3 dev.py links writes it anew"


def test_every_loader_says_where_its_files_can_be_had(workflow):
    for node in _nodes(workflow):
        models = node["properties"].get("models", [])
        assert [(one["directory"], one["name"]) for one in models] == [*files_of_node(node)]
        for one in models:
            assert one["url"].startswith(SITES) and one["url"].endswith(ENDINGS)
            # A browser saves the file under the name that the link ends with.
            assert one["url"].rpartition("/")[2] == one["name"].rpartition("/")[2]


def test_a_note_has_a_line_for_every_file_with_its_folder(workflow):
    notes = [node["widgets_values"][0] for node in _nodes(workflow) if "Note" in node["type"]]
    if not notes:
        pytest.skip("a blueprint has no note")
    lines = re.findall(r"^- \[(.+?)\]\((.+?)\) in models/(\S+?)(?:, licence .+)?$", notes[0], re.M)
    said = {tuple(f"{folder}/{name}".split("/", 1)) for name, _, folder in lines}
    assert said == model_files(workflow)


def test_a_licence_that_limits_use_stands_beside_the_link():
    assert published("checkpoints", "sd_xl_turbo_1.0_fp16.safetensors").licence
    assert published("loras", "dmd2_sdxl_4step_lora_fp16.safetensors").licence == "cc-by-nc-4.0"
    assert not published("loras", "sdxl_lightning_4step_lora.safetensors").licence


def test_a_base_model_is_in_the_table_because_no_recipe_knows_it():
    assert len({(file.directory, file.name) for file in BASE_MODELS}) == len(BASE_MODELS)


def test_a_file_that_nothing_is_known_of_is_an_error_that_says_where_to_add_it():
    with pytest.raises(UserError, match=r"mine.safetensors is published: add .*base_models.py"):
        published("loras", "mine.safetensors")


@pytest.mark.parametrize("slash", ["/", "\\"])
def test_a_file_of_a_common_name_is_told_by_the_folder_it_is_put_in(slash):
    from fewstep.recipes import builtin_recipes, recognise_name

    for folder, known in {"lcm-sd15": "lcm/sd15-lora", "tcd-sd15": "tcd/sd15-lora"}.items():
        name = f"{folder}{slash}pytorch_lora_weights.safetensors"
        assert recognise_name(name, builtin_recipes(), ("LoRA",)).recipe.id == known


def _nodes(workflow):
    return [node for graph in graphs(workflow) for node in graph["nodes"]]
