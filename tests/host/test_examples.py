"""Every example workflow, from its file to a picture: with files under the names it has, as wide
as the published ones and with random weights, and as the demo model draws it.
"""

import copy
import os
import re
import shutil
from urllib.parse import urlencode

import known
import pytest
from fewstep.tools.examples.conversion import to_api
from fewstep.tools.examples.demo_files import PICTURE_NAME
from fewstep.tools.examples.demo_workflows import (
    STYLE_FOLDER,
    demo_titles,
    demo_workflow,
    example,
    small_workflow,
    titles,
)
from fewstep.tools.examples.model_files import model_files
from known_flow import is_known
from test_server import NODES
from torch import tensor

from demo.scenes.inputs import STYLE
from demo.scenes.words import COLOURS, SHAPES
from demo.show.judge import Judge
from demo.show.pictures import load_pictures

START = "1 Start here - few-step SDXL Lightning"
# Examples on a node of core that older hosts do not have, and the first version that has it.
NEWER = {"SD 1.5 few-step live drawing": ("Painter", (0, 18))}
# Those of models that the tests have in narrow for the newest host alone.
NEWEST = (0, 30)
# What each says that it samples, by pass: the levels that its model was trained on, as published.
# FLUX.2's are those of 512 x 512 pixels.
PUBLISHED = {
    "FLUX.2 dev Turbo in 8 steps": [
        [1, 0.932460, 0.852001, 0.754399, 0.633564, 0.479888, 0.278300, 0.002291]
    ],
    "FLUX.2 klein in 4 steps": [[1, 0.958085, 0.883982, 0.717497]],
    "Krea 2 Turbo in 8 steps": [
        [1, 0.956722, 0.904531, 0.840348, 0.759511, 0.654567, 0.512844, 0.310896]
    ],
    "LTX-2.3 in 8 and 3 steps": [
        [1, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875],
        [0.85, 0.725, 0.4219],
    ],
    "MiniMax H3 Turbo in 4 steps": [[1, 0.947368, 0.857143, 0.666667]],
    "Qwen-Image-Edit-Lightning in 4 steps": [[1, 0.9, 0.75, 0.5]],
    "Qwen-Image-Lightning in 4 steps": [[1, 0.9, 0.75, 0.5]],
    "Wan 2.2 Lightning image to video in 4 steps": [[1, 0.9375, 0.833333, 0.625]],
    "Wan 2.2 few-step with more motion": [[1, 0.961538, 0.909091, 0.833333, 0.714286, 0.5]],
    "Wan 2.2 few-step with sampler nodes": [
        [1, 0.978261, 0.952381, 0.921053, 0.882353]
        + [0.833333, 0.769231, 0.681818, 0.555556, 0.357143]
    ],
    "Wan 2.2 few-step with two experts": [[1, 0.9375, 0.833333, 0.625]],
    "Z-Image-Turbo in 8 steps": [
        [1, 0.954545, 0.9, 0.833333, 0.75, 0.642857, 0.5, 0.3],
    ],
}
# Levels are said with four digits.
_DIGITS = 5e-5
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
    "FewStepFromRecipe": 3,
    "FewStepExperts": 1,
    "FewStepLoraLoader": 2,
    "FewStepOneStepLoader": 4,
}
_LOADERS = ("FewStepLoraLoader", "FewStepOneStepLoader")
_SAVED = (b"\x89PNG", b"ftyp")


def _files(title):
    return model_files(example(title))


def _by_model(title):
    """Those with the same models one after the other: the host keeps what the last one loaded."""
    return sorted(name for _, name in _files(title)), title


TITLES = sorted(titles(), key=_by_model)


@pytest.fixture(scope="module")
def published(server):
    """The files that the examples name, in the server's folders, and the picture of ComfyUI's."""
    pictures = server.base_dir / "input"
    shutil.copy(pictures / PICTURE_NAME, pictures / "example.png")
    shutil.copytree(pictures / STYLE, pictures / STYLE_FOLDER, dirs_exist_ok=True)
    runnable = [title for title in TITLES if not _is_newer(title)]
    workflows = [*map(example, runnable), *(_with(title, files) for title, files in OTHERS)]
    wanted = set().union(*map(model_files, workflows))
    files = known.write_models(server.base_dir / "models", wanted)
    yield
    for file in files:
        file.unlink()


@pytest.mark.parametrize("title", TITLES)
def test_an_example_runs_with_the_files_it_names(title, server, published):
    _skip_if_newer(title, server)
    ran = _run(server, small_workflow(title))
    _check(ran)
    _check_levels(title, ran)


def test_every_example_of_a_flow_or_video_model_has_its_published_levels_here():
    flows = [title for title in TITLES if any(is_known(name) for _, name in _files(title))]
    assert sorted(flows) == sorted(PUBLISHED)


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
    saved = [file for out in outputs.values() for file in out.get("images", [])]
    starts = [server.get(f"/view?{urlencode(file)}")[:8] for file in saved]
    assert any(mark in start for mark in _SAVED for start in starts)
    texts = "\n".join(text for out in outputs.values() for text in out.get("text", []))
    ours = [node for node in prompt.values() if node["class_type"] in _LOADERS]
    return texts, bool(ours), server.log_text()[said:]


def _check_levels(title, ran):
    """That the nodes say they sample what the model was trained on, pass by pass."""
    said = [
        [float(level) for level in levels.split()]
        for levels in re.findall(r"^levels ([\d. ]+)", ran[0], re.M)
    ]
    published = PUBLISHED.get(title)
    if published:
        assert said == [pytest.approx(levels, abs=_DIGITS) for levels in published]


def _check(ran):
    texts, ours, log = ran
    assert "not loaded" not in log
    assert "not recognised" not in texts
    # Hosts before 0.30 say nothing of a node they have cached.
    assert "recognised by" in texts or not ours or VERSION < (0, 30)


def _skip_if_newer(title, server):
    if not _is_newer(title):
        return
    if title in PUBLISHED:
        pytest.skip(f"Its model is in narrow for ComfyUI {NEWEST[0]}.{NEWEST[1]} alone")
    node, since = NEWER[title]
    assert node not in server.object_info()
    pytest.skip(f"ComfyUI has {node} from {since[0]}.{since[1]} on")


def _is_newer(title):
    """Whether this host is older than what the example needs."""
    since = NEWEST if title in PUBLISHED else NEWER.get(title, ("", (0, 0)))[1]
    return since > VERSION
