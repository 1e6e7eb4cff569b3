"""Accelerators made for the demo model by the nodes: in small, whether it gets better at all.

How good they become is measured by the slow tier.
"""

from dataclasses import replace

import demo_runs
import folder_paths
import pytest
from fewstep.distil import LOSSES

from demo.make.model import asked_for, drawn
from demo.make.runs import run, style_pictures
from demo.make.settings import CFG, SHOWN, STYLE, Paths, Stage
from demo.make.show import show
from demo.show.judge import Judge

# 0.80 was measured; a loss of the wrong sign gives more than 1.
NEARER = 0.9


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    known = folder_paths.folder_names_and_paths
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(known, "loras", ([str(folder / "models" / "loras")], {".safetensors"}))
        patched.setattr(folder_paths, "filename_list_cache", {})
        patched.setattr(folder_paths, "get_user_directory", lambda: str(folder / "user"))
        yield demo_runs.load(folder)


def short(making, steps, paths, batch):
    """The same in a few steps, from fewer paths."""
    stages = tuple(replace(stage, steps=steps, batch=batch) for stage in making.stages)
    return replace(making, stages=stages, paths=Paths(paths, 8))


def test_a_few_steps_bring_one_step_nearer_to_what_the_teacher_makes_of_the_same_noise(demo):
    """Other noise and other words than it learned from, in pixels of 0..1."""
    scenes = asked_for(16)
    goal = drawn(demo, demo.model, 8, scenes, cfg=CFG, turn=1)

    def far(model):
        return float((drawn(demo, model, 1, scenes, turn=1) - goal).abs().mean())

    first = replace(SHOWN, stages=SHOWN.stages[:1])
    (made,) = run(demo, short(first, 24, 32, 8))
    assert far(made.model) < NEARER * far(demo.model)


def test_a_few_steps_of_fine_tuning_give_pictures_their_style_in_few_steps(demo):
    """None had it before; of 32, 0.78 have it and 0.84 are right after 24 steps, measured."""
    scenes, making = asked_for(32), replace(STYLE, stages=(Stage("fine-tuning", 4, 24, 8, 2e-3),))
    (made,) = run(demo, making, pictures=style_pictures(demo, 64))
    before, after = (
        Judge().score(drawn(demo, model, 4, scenes), scenes.words)
        for model in (demo.with_lora(demo.model, STYLE.start), made.model)
    )
    assert before.outlined < 0.05
    assert after.outlined > 0.3
    assert after.all > 0.6


def test_the_demo_shows_what_each_stage_brings_and_goes_on_with_what_is_there(demo, tmp_path):
    small, base = short(SHOWN, 1, 4, 2), demo.loras.parents[1]
    text = show(base, tmp_path, small, count=2)
    names = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    assert names[2:] == ["before", "after trajectory", "after score", "the teacher, CFG 2"]
    assert (tmp_path / "distil.jpg").stat().st_size > 1000

    def trained(*_):
        raise AssertionError("trained again")

    with pytest.MonkeyPatch.context() as patched:
        for name in ("trajectory", "score"):
            patched.setitem(LOSSES, name, LOSSES[name]._replace(student=trained))
        assert show(base, tmp_path, small, count=2).splitlines()[:6] == text.splitlines()[:6]
