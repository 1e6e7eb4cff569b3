"""The discriminator and feature matching on narrow models: hooks and heads that come and go."""

import folder_paths
import pytest
import torch
from fewstep.host.training import previews
from fewstep.host.training.asked import Given
from training_runs import loaded, looks, output, paths, run

BASES = ("SD 1.5", "SDXL", "FLUX.1")
bases = pytest.mark.parametrize("base", BASES)
pytestmark = pytest.mark.floor


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """An empty user directory."""
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path / "user"))
    monkeypatch.setattr(previews, "_TEACHER_STEPS", 1)
    return tmp_path


def hooks(model):
    return [len(one._forward_hooks) for one in model.model.modules()]


def started(model, base):
    """Teacher paths, and a LoRA that a run may begin with."""
    given = Given(paths=paths(model, base))
    return given._replace(start=run(model, base, given, name="first", steps=1).lora)


@bases
@pytest.mark.parametrize("changes", [{"method": "adversarial"}, {"loss": "features"}])
def test_all_is_as_it_was_after_a_run(base, changes):
    """The next picture is bit-equal, and what was learned is another one."""
    model = loaded(base)
    picture = output(model, base)
    given = started(model, base)
    before, hooked = looks(model), hooks(model)
    made = run(model, base, given, **changes)
    assert len(made.losses) == 3 and all(loss == loss for loss in made.losses)
    assert looks(model) == before and hooks(model) == hooked
    assert torch.equal(output(model, base), picture)
    assert not torch.equal(output(made.model, base), picture)
