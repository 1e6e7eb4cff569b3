"""Every stage of the training runs, stops at its budget and goes on where it stopped."""

import dataclasses
import sys

import pytest
import torch
from fewstep.demo import config
from fewstep.demo.files import assemble, parts
from fewstep.demo.training import preview, second_judge, train
from fewstep.demo.training.budget import seconds
from fewstep.host.training.rewards import layout as rewards
from fewstep.recipes import read_header
from safetensors.torch import load_file


@pytest.fixture
def small(monkeypatch):
    """The same training with small batches."""
    stages = ("autoencoder", "model", "classifier", "lcm", "tcd", "style", "controlnet")
    changed = {
        name: dataclasses.replace(getattr(config.CONFIG, name), batch=2, steps=1000)
        for name in stages
    }
    changed["pool"] = config.Pool(size=8, first=2, fresh=1, every=1)
    toy = dataclasses.replace(config.CONFIG, **changed)
    for name, module in list(sys.modules.items()):
        if name.startswith("fewstep.demo.") and hasattr(module, "CONFIG"):
            monkeypatch.setattr(module, "CONFIG", toy)


def test_every_stage_runs_and_resumes(small, tmp_path, capsys):
    for stage in train.STAGES:
        train.main([stage, "--folder", str(tmp_path), "--budget", "0.1s"])
        assert _step(tmp_path, stage) >= 1
    before = _step(tmp_path, "classifier")
    train.main(["classifier", "--folder", str(tmp_path), "--budget", "0.1s"])
    assert _step(tmp_path, "classifier") > before
    assert "classifier:" in capsys.readouterr().err
    assert "steps/s" in (tmp_path / "classifier.log").read_text()
    _check_files(tmp_path)
    for extra in (["--adapter", "style", "--adapter", "tcd"], ["--scribble", "--any-shape"]):
        few = ["--steps", "1", "--count", "2", "--folder", str(tmp_path)]
        preview.main([*few, *extra, "--sheet", str(tmp_path / "sheet.png")])
    assert "style + tcd, 1 steps" in (tmp_path / "preview.log").read_text()


def _check_files(folder):
    """Trained, packed, unpacked and assembled: the same names as without packing."""
    files = parts.trained(folder)
    parts.ship(folder, folder / "shipped")
    shipped = parts.shipped(folder / "shipped")
    assert shipped.keys() == files.keys() == {*parts.ADAPTERS, "model", "controlnet", "classifier"}
    for name, weights in files.items():
        assert shipped[name].keys() == weights.keys()
    del shipped["model"]
    written = assemble.assemble(shipped, folder, torch.float16)
    assert [path.is_file() for path in written] == [True] * 5


def _step(folder, stage):
    return torch.load(folder / f"{stage}.pt", weights_only=True)["step"]


def test_a_stage_names_the_one_it_needs(tmp_path):
    with pytest.raises(ValueError, match="demo.training.train autoencoder"):
        train.main(["model", "--folder", str(tmp_path)])


@pytest.mark.parametrize(("text", "expected"), [("20s", 20), ("90m", 5400), ("2h", 7200)])
def test_budgets(text, expected):
    assert seconds(text) == expected


def test_a_bad_budget_is_an_error():
    with pytest.raises(ValueError, match="soon"):
        seconds("soon")


def test_a_second_judge_is_trained_apart_and_its_file_says_how_it_is_built(small, tmp_path):
    file = second_judge.train(tmp_path, 1, budget=0.1)
    assert _step(tmp_path, "second-judge-1") >= 1
    pictures = torch.rand(2, 3, 64, 64)
    judge = second_judge.load(file)
    assert judge.features(pictures).shape == (2, 96)
    layout = rewards.read_layout(read_header(file).metadata, file.name)
    said = rewards.answers(layout, load_file(file), pictures)
    for got, expected in zip(said, judge(pictures), strict=True):
        assert torch.allclose(got, expected, rtol=1e-5, atol=1e-6)
    # Another seed is another judge.
    other = second_judge.load(second_judge.train(tmp_path, 2, budget=0.1))
    assert not torch.equal(other.answer.weight, judge.answer.weight)
