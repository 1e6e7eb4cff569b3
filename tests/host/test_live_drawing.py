"""Live drawing: a stroke runs again what it changes, and nothing else."""

import os

import pytest
from fewstep.tools.examples.conversion import to_api
from fewstep.tools.examples.demo_workflows import demo_workflow
from PIL import Image, ImageDraw

AGAIN = {
    "Painter",
    "ControlNetApplyAdvanced",
    "FewStepKSampler",
    "VAEDecode",
    "PreviewImage",
}


def _draw(server, name, corner):
    canvas = Image.new("RGBA", (64, 64))
    box = (corner, corner, corner + 30, corner + 30)
    ImageDraw.Draw(canvas).ellipse(box, outline="white", width=2)
    canvas.save(server.base_dir / "input" / name)
    return name


def _cached(entry):
    messages = dict(entry["status"]["messages"])
    return set(messages["execution_cached"]["nodes"])


def test_a_stroke_runs_the_control_the_sampling_and_the_vae_again(server):
    info = server.object_info()
    if "Painter" not in info:
        version = os.environ["FEWSTEP_HOST_VERSION"]
        assert tuple(map(int, version.split(".")[:2])) < (0, 18)
        pytest.skip(f"ComfyUI {version} has no Painter")
    prompt = to_api(demo_workflow("SD 1.5 few-step live drawing"), info)
    kinds = {number: node["class_type"] for number, node in prompt.items()}
    (canvas,) = (number for number, kind in kinds.items() if kind == "Painter")
    prompt[canvas]["inputs"]["mask"] = _draw(server, "stroke-1.png", 6)
    server.queue(prompt)
    prompt[canvas]["inputs"]["mask"] = _draw(server, "stroke-2.png", 24)
    entry = server.queue(prompt)
    assert {kinds[number] for number in kinds.keys() - _cached(entry)} == AGAIN
    again = server.queue(prompt)
    assert _cached(again) >= kinds.keys() - {canvas}
