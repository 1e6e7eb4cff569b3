"""Accelerators made for the demo model by the nodes: in small, whether it gets better at all.

How good they become is measured by the slow tier.
"""

from dataclasses import replace

import demo_runs
import folder_paths
import pytest
from fewstep.distil import LOSSES

from demo.make.model import asked_for, drawn
from demo.make.runs import run
from demo.make.settings import NOTHING, REPAIR, Paths
from demo.make.show import show
from demo.show.judge import Judge


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    known = folder_paths.folder_names_and_paths
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(known, "loras", ([str(folder / "models" / "loras")], {".safetensors"}))
        patched.setattr(folder_paths, "filename_list_cache", {})
        patched.setattr(folder_paths, "get_user_directory", lambda: str(folder / "user"))
        yield demo_runs.load(folder)


def short(making, steps, **changes):
    """The same in a few steps, from fewer paths."""
    stages = tuple(replace(stage, steps=steps, **changes) for stage in making.stages)
    return replace(making, stages=stages, paths=making.paths and Paths(4, 8))


def surprise(demo, model, count=48):
    """By one step each, of the same noise for all models."""
    scenes = asked_for(count)
    return Judge().surprise(drawn(demo, model, 1, scenes), scenes.words)


def test_a_few_steps_of_repair_make_what_was_asked_for_likelier(demo):
    own = demo._replace(model=demo.styled())
    before = surprise(own, own.with_lora(own.model, REPAIR.start))
    (made,) = run(own, short(REPAIR, 12, batch=4))
    assert surprise(own, made.model) < before


def test_the_demo_shows_what_each_stage_brings_and_goes_on_with_what_is_there(demo, tmp_path):
    small, base = short(NOTHING, 1, batch=2), demo.loras.parents[1]
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
