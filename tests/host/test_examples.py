"""Every example workflow, from its file to a picture: with files under the names it has, as wide
as the published ones and with random weights, and as the demo model draws it.
"""

import copy
import os
import shutil
from urllib.parse import urlencode

import known
import pytest
from fewstep.tools.examples.conversion import to_api
from fewstep.tools.examples.demo_files import PICTURE_NAME
from fewstep.tools.examples.demo_workflows import (
    demo_titles,
    demo_workflow,
    example,
    small_workflow,
    titles,
)
from fewstep.tools.examples.model_files import model_files
from test_server import NODES
from torch import tensor

from demo.scenes.words import COLOURS, SHAPES
from demo.show.judge import Judge
from demo.show.pictures import load_pictures

START = "1 Start here - few-step SDXL Lightning"
# Examples on a node of core that older hosts do not have, and the first version that has it.
NEWER = {"SD 1.5 few-step live drawing": ("Painter", (0, 18))}
VERSION = tuple(map(int, os.environ.get("FEWSTEP_HOST_VERSION", "99.0").split(".")[:2]))
# Other files that the note of an example names.
OTHERS = [
    (START, {"lora_name": "dmd2_sdxl_4step_lora_fp16.safetensors"}),
    (START, {"lora_name": "lcm-lora-sdxl/pytorch_lora_weights.safetensors"}),
    (
        START,
        {
            "ckpt_name": "SSD-1B.safetensors",
            "lora_name": "lcm-lora-ssd-1b/pytorch_lora_weights.safetensors",
        },
    ),
    (
        "SDXL one-step UNet (Hyper-SD, DMD2)",
        {"model_name": "dmd2_sdxl_4step_unet_fp16.safetensors"},
    ),
    ("SDXL Turbo in 1 step", {"model_name": "sdxl_lightning_4step.safetensors"}),
    ("SDXL Turbo in 1 step", {"model_name": "nitrosd-realism_comfyui.safetensors"}),
    ("SDXL Turbo in 1 step", {"model_name": "sd_turbo.safetensors"}),
    (
        "SD 1.5 LCM whole model",
        {"model_name": "sdxs-512-dreamshaper/diffusion_pytorch_model.safetensors"},
    ),
]
_SAYS = {
    "FewStepKSampler": 1,
    "FewStepExperts": 1,
    "FewStepLoraLoader": 2,
    "FewStepOneStepLoader": 4,
}


def _by_model(title):
    """Those with the same models one after the other: the host keeps what the last one loaded."""
    return sorted(name for _, name in model_files(example(title))), title


TITLES = sorted(titles(), key=_by_model)


@pytest.fixture(scope="module")
def published(server):
    """The files that the examples name, in the server's folders, and the picture of ComfyUI's."""
    pictures = server.base_dir / "input"
    shutil.copy(pictures / PICTURE_NAME, pictures / "example.png")
    workflows = [*map(example, TITLES), *(_with(title, files) for title, files in OTHERS)]
    wanted = set().union(*map(model_files, workflows))
    files = known.write_models(server.base_dir / "models", wanted)
    yield
    for file in files:
        file.unlink()


@pytest.mark.parametrize("title", TITLES)
def test_an_example_runs_with_the_files_it_names(title, server, published):
    _skip_if_newer(title, server)
    _check(_run(server, small_workflow(title)))


@pytest.mark.parametrize(("title", "files"), OTHERS, ids=lambda one: str(one))
def test_an_example_runs_with_the_other_files_that_its_note_names(title, files, server, published):
    _check(_run(server, _with(title, files)))


@pytest.mark.parametrize("title", demo_titles())
def test_an_example_runs_on_the_demo_model(title, server):
    _skip_if_newer(title, server)
    _check(_run(server, demo_workflow(title)))


def test_the_first_run_of_start_here_on_the_demo_model_draws_one_right_picture(server):
    prompt = to_api(demo_workflow(START), server.object_info())
    made = load_pictures(server.base_dir, server.queue(prompt))
    assert len(made) == 1
    words = tensor([[SHAPES.index("star"), COLOURS.index("red"), COLOURS.index("blue")]])
    assert Judge().score(made, words).all == 1


def test_every_node_of_the_pack_is_in_an_example():
    used = {node["type"] for title in TITLES for node in example(title)["nodes"]}
    assert set(NODES) <= used


def _with(title, files):
    """The example, small, with other files in its loaders."""
    workflow = copy.deepcopy(small_workflow(title))
    for node in workflow["nodes"]:
        names = [slot["name"] for slot in node["inputs"] if "widget" in slot]
        for name in files.keys() & set(names):
            node["widgets_values"][names.index(name)] = files[name]
    return workflow


def _run(server, workflow):
    """The outputs of a workflow, and what its nodes say in words and the host in its log."""
    said = len(server.log_text())
    prompt = to_api(workflow, server.object_info())
    for number, node in list(prompt.items()):
        if (slot := _SAYS.get(node["class_type"])) is not None:
            text = {"class_type": "PreviewAny", "inputs": {"source": [number, slot]}}
            prompt[f"text of {number}"] = text
    outputs = server.queue(prompt, timeout=120)["outputs"]
    pictures = [picture for out in outputs.values() for picture in out.get("images", [])]
    shown = [server.get(f"/view?{urlencode(picture)}") for picture in pictures]
    assert any(file[:4] == b"\x89PNG" or file[4:8] == b"ftyp" for file in shown)
    texts = " ".join(text for out in outputs.values() for text in out.get("text", []))
    loaders = [node for node in prompt.values() if "Loader" in node["class_type"]]
    ours = [node for node in loaders if node["class_type"] in _SAYS]
    return texts, bool(ours), server.log_text()[said:]


def _check(ran):
    texts, ours, log = ran
    assert "not loaded" not in log
    assert "not recognised" not in texts
    # Hosts before 0.30 say nothing of a node they have cached.
    assert "recognised by" in texts or not ours or VERSION < (0, 30)


def _skip_if_newer(title, server):
    node, since = NEWER.get(title, ("", (0, 0)))
    if since > VERSION:
        assert node not in server.object_info()
        pytest.skip(f"ComfyUI has {node} from {since[0]}.{since[1]} on")
