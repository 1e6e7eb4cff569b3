"""Runs and paths that were stopped, and what of them may be gone on with."""

import signal
import subprocess
import sys
from pathlib import Path

import comfy.model_management as host
import folder_paths
import pytest
import torch
from fewstep.distil import LOSSES
from fewstep.host.training.asked import Given
from training_runs import breaking, loaded, paths, run

pytestmark = [pytest.mark.floor, pytest.mark.usefixtures("training_folder")]


@pytest.mark.parametrize("method", ["trajectory", "fine-tuning"])
def test_a_cancelled_run_goes_on_and_ends_as_one_that_never_stopped(monkeypatch, method):
    """Fine-tuning goes on comparing with the LoRA that it began with."""
    model = loaded("SD 1.5")
    given = Given(paths=paths(model, "SD 1.5"))
    if method == "fine-tuning":
        begun = run(model, "SD 1.5", given, name="begun", steps=2)
        given = Given(latents={"samples": torch.randn(2, 4, 8, 8)}, start=begun.lora)
    whole = run(model, "SD 1.5", given, name="whole", steps=4, method=method)
    with monkeypatch.context() as patch:
        breaking(patch, host.InterruptProcessingException(), at=3, method=method)
        with pytest.raises(host.InterruptProcessingException):
            run(model, "SD 1.5", given, steps=4, method=method)
    made = run(model, "SD 1.5", given, steps=4, method=method)
    assert "Went on from step 2." in made.report
    assert made.losses == whole.losses
    assert all(torch.equal(made.lora[key], whole.lora[key]) for key in whole.lora)
    again = run(model, "SD 1.5", given, steps=4, method=method)
    assert all(torch.equal(again.lora[key], whole.lora[key]) for key in whole.lora)


def test_fine_tuning_keeps_the_lora_that_it_began_with(training_folder):
    model = loaded("SD 1.5")
    begun = run(model, "SD 1.5", Given(paths=paths(model, "SD 1.5")), name="begun", steps=2)
    given = Given(latents={"samples": torch.randn(2, 4, 8, 8)}, start=begun.lora)
    run(model, "SD 1.5", given, method="fine-tuning", steps=2)
    (file,) = training_folder.glob("user/**/mine/state.pt")
    sets = torch.load(file, weights_only=True)["sets"]
    assert {*sets["start"]} == {*sets["student"]}
    assert any(not torch.equal(sets["start"][key], one) for key, one in sets["student"].items())


def test_other_settings_are_refused_by_name():
    model = loaded("SD 1.5")
    given = Given(paths=paths(model, "SD 1.5"))
    run(model, "SD 1.5", given, steps=1)
    for field, value in (("learning_rate", 1e-2), ("cfg", 3.0), ("prompts", "a bird"), ("seed", 6)):
        with pytest.raises(ValueError, match=f"mine was begun with {field} "):
            run(model, "SD 1.5", given, **{"steps": 1, field: value})
    run(model, "SD 1.5", given, steps=1, preview_every=3, save_every=7)
    other = loaded("SD 1.5")
    next(other.model.diffusion_model.parameters()).data.mul_(1.5)
    with pytest.raises(ValueError, match="with teacher "):
        run(other, "SD 1.5", given, steps=1)


def test_nan_stops_at_the_last_good_step(monkeypatch):
    model = loaded("SD 1.5")
    given = Given(paths=paths(model, "SD 1.5"))
    good = run(model, "SD 1.5", given, steps=4, name="good")
    plain, calls = LOSSES["trajectory"].student, []

    def student(*args):
        calls.append(1)
        taught = plain(*args)
        return taught if len(calls) < 3 else taught._replace(loss=taught.loss * float("nan"))

    monkeypatch.setitem(LOSSES, "trajectory", LOSSES["trajectory"]._replace(student=student))
    made = run(model, "SD 1.5", given, steps=4)
    assert "Stopped after 2 good steps" in made.report and "learning_rate" in made.report
    assert made.losses == good.losses[:2]
    assert all(torch.isfinite(value).all() for value in made.lora.values())
    assert "Stopped after 2 good steps" in run(model, "SD 1.5", given, steps=4).report


def test_paths_go_on_where_they_stopped(monkeypatch):
    model = loaded("SD 1.5")
    whole = paths(model, "SD 1.5", count=20, name="whole")
    plain, calls = host.throw_exception_if_processing_interrupted, []

    def stops():
        calls.append(1)
        if len(calls) == 12:
            raise host.InterruptProcessingException
        plain()

    with monkeypatch.context() as patch:
        patch.setattr(host, "throw_exception_if_processing_interrupted", stops)
        with pytest.raises(host.InterruptProcessingException):
            paths(model, "SD 1.5", count=20)
    assert 8 < len(calls)
    made = paths(model, "SD 1.5", count=20)
    assert torch.equal(made.latents, whole.latents) and made.prompts == whole.prompts
    with pytest.raises(ValueError, match="mine was begun with cfg "):
        paths(model, "SD 1.5", count=20, cfg=3.0)


_KILLED = """
import os, signal, sys
sys.path[:0] = [{tests!r}, {host!r}]
import types
pack = types.ModuleType("fewstep"); pack.__path__ = [{root!r}]; sys.modules["fewstep"] = pack
import comfy.cli_args; comfy.cli_args.args.cpu = True
import torch; torch.set_num_threads(1)
import folder_paths
folder_paths.get_user_directory = lambda: {user!r}
import training_runs
from fewstep.distil import LOSSES
from fewstep.host.training import previews
from fewstep.host.training.asked import Given
previews._TEACHER_STEPS = 1
model = training_runs.loaded("SD 1.5")
given = Given(paths=training_runs.paths(model, "SD 1.5"))
plain, calls = LOSSES["trajectory"].student, []
def student(*args):
    calls.append(1)
    if len(calls) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(*args)
LOSSES["trajectory"] = LOSSES["trajectory"]._replace(student=student)
training_runs.run(model, "SD 1.5", given, steps=5, save_every=2)
"""


def test_a_killed_run_goes_on_from_its_last_save(root, training_folder):
    """SIGKILL in the fourth step, with a save every two: it ends as one that never stopped."""
    program = _KILLED.format(
        tests=str(root / "tests" / "host"),
        host=str(Path(folder_paths.__file__).parent),
        root=str(root),
        user=str(training_folder / "user"),
    )
    ended = subprocess.run([sys.executable, "-c", program], timeout=300)
    assert ended.returncode == -signal.SIGKILL
    model = loaded("SD 1.5")
    given = Given(paths=paths(model, "SD 1.5"))
    made = run(model, "SD 1.5", given, steps=5)
    assert "Went on from step 2." in made.report
    whole = run(model, "SD 1.5", given, steps=5, name="whole")
    assert made.losses == whole.losses
    assert all(torch.equal(made.lora[key], whole.lora[key]) for key in whole.lora)
