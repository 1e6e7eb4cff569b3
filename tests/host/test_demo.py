"""The demo model through a real ComfyUI: pictures that show what was asked for."""

from argparse import Namespace
from pathlib import Path

import comfy.sd
import pytest
import short_text_encoders
import torch

from demo.config import SEED, SIZE, WIDE
from demo.files.assemble import CHECKPOINT
from demo.scenes import data
from demo.scenes.inputs import write_inputs
from demo.scenes.words import prompt
from demo.show.examples import SHOWS, show_graph
from demo.show.judge import Judge
from demo.show.own import own_graph
from demo.show.pictures import load_pictures
from demo.show.rows import Row, row_graph

TCD = {"lora": "tcd", "gamma": 0.3}
ROWS = (Row(4, **TCD), Row(4, lora="lcm"), Row(4, **TCD, style=True))


@pytest.fixture(scope="module")
def judge():
    return Judge()


def _scenes(count):
    return data.scenes(0, count, WIDE, seed=SEED + 50, words=data.combinations())


def _made(server, row, scenes):
    prompts = [prompt(*words) for words in scenes.words.tolist()]
    return load_pictures(server.base_dir, server.queue(row_graph(row, prompts, 0, SIZE, "test")))


def test_short_text_encoders_say_the_same_bit_for_bit(server):
    """All tests with the server have them: eleven of the demo model's twelve layers do nothing."""
    path = str(server.base_dir / "models" / "checkpoints" / CHECKPOINT)
    whole = _encoded(path)
    restore = short_text_encoders.shorten()
    try:
        assert torch.equal(_encoded(path), whole)
    finally:
        restore()


def _encoded(path):
    clip = comfy.sd.load_checkpoint_guess_config(path, output_vae=False)[1]
    return clip.encode_from_tokens(clip.tokenize("a red circle on a blue background"))


@pytest.mark.floor(row=ROWS[0])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_prompts_in_4_steps_show_what_was_asked_for(server, judge, row):
    # The style LoRA costs some: 32 prompts would pass or fail by chance.
    scenes = _scenes(64 if row.style else 32)
    score = judge.score(_made(server, row, scenes), scenes.words)
    assert score.all >= 0.85
    assert score.outlined >= 0.9 if row.style else score.outlined <= 0.1


def test_one_step_needs_the_lora(server, judge):
    scenes = _scenes(16)
    without, with_it = (
        judge.score(_made(server, row, scenes), scenes.words).all
        for row in (Row(1), Row(1, lora="tcd"))
    )
    assert without < 0.6
    assert with_it > 0.7


def test_the_loras_load_without_a_missing_key(server):
    before = len(server.log_text())
    _made(server, Row(1, lora="lcm", style=True), _scenes(1))
    _made(server, Row(1, lora="tcd"), _scenes(1))
    assert "not loaded" not in server.log_text()[before:]


@pytest.mark.floor(show=SHOWS[-2])
@pytest.mark.parametrize("show", SHOWS, ids=lambda show: f"{show.label}, {show.steps}")
def test_the_demo_runs_every_workflow(server, judge, show):
    scenes = _scenes(2)
    write_inputs(server.base_dir / "input", scenes, mark="demo")
    info = server.object_info()
    made = [
        load_pictures(server.base_dir, server.queue(show_graph(show, info, prompt(*words), number)))
        for number, words in enumerate(scenes.words.tolist())
    ]
    pictures = torch.cat(made)
    assert pictures.shape == (2, 3, SIZE, SIZE)
    if show.steps >= 4:
        # Two pictures are no measure of accuracy, but all few-step settings get this right.
        assert judge.score(pictures, scenes.words).background == 1


@pytest.mark.parametrize("lora", [None, "fewstep-demo-tcd.safetensors"])
def test_a_checkpoint_and_lora_of_ones_own_make_pictures(server, lora):
    given = Namespace(checkpoint=Path("fewstep-demo.safetensors"), prompt="a red star", size=SIZE)
    entry = server.queue(own_graph(given, lora))
    assert load_pictures(server.base_dir, entry).shape == (3, 3, SIZE, SIZE)
    texts = [text for out in entry["outputs"].values() for text in out.get("text", [])]
    assert not lora or "recognised by its own metadata" in texts[0]
