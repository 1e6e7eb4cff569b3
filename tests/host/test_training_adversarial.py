"""The discriminator and feature matching on narrow models: hooks and heads that come and go."""

import gc

import comfy.model_management as host
import pytest
import torch
from fewstep.distil import LOSSES, Discriminator
from fewstep.distil.trainer import Trainer
from fewstep.host.training.asked import Given
from fewstep.host.training.features import TeacherFeatures
from training_runs import FEATURED, hooks, loaded, looks, output, paths, run

bases = pytest.mark.parametrize("base", FEATURED)
methods = pytest.mark.parametrize("changes", [{"method": "adversarial"}, {"loss": "features"}])
pytestmark = pytest.mark.floor


@pytest.fixture(autouse=True)
def folders(training_folder):
    return training_folder


def discriminators():
    gc.collect()
    return sum(isinstance(one, Discriminator) for one in gc.get_objects())


def started(model, base):
    """Teacher paths, and a LoRA that a run may begin with."""
    given = Given(paths=paths(model, base))
    return given._replace(start=run(model, base, given, name="first", steps=1).lora)


@bases
@methods
def test_all_is_as_it_was_after_a_run(base, changes):
    """The next picture is bit-equal, hooks and heads are gone, and something was learned."""
    model = loaded(base)
    picture = output(model, base)
    given = started(model, base)
    before, hooked = looks(model), hooks(model)
    made = run(model, base, given, **changes)
    assert len(made.losses) == 3 and all(loss == loss for loss in made.losses)
    assert looks(model) == before and hooks(model) == hooked and not discriminators()
    assert torch.equal(output(model, base), picture)
    assert not torch.equal(output(made.model, base), picture)


def breaking(monkeypatch, kind, at):
    """Raises an error of this kind within the `at`-th pass in which features are asked for."""
    plain, calls = TeacherFeatures._caught, []

    def caught(self, blocks, x, sigma, context):
        calls.append(1)
        if len(calls) < at:
            return plain(self, blocks, x, sigma, context)

        def fails(*_):
            raise kind("no")

        hook = blocks[0].register_forward_hook(fails)
        try:
            return plain(self, blocks, x, sigma, context)
        finally:
            hook.remove()

    monkeypatch.setattr(TeacherFeatures, "_caught", caught)


ENDS = (ValueError, host.InterruptProcessingException, KeyboardInterrupt, MemoryError)
# While blocks are chosen, while the student learns, and while its rival does.
PASSES = [("adversarial", 1), ("adversarial", 3), ("adversarial", 5), ("features", 3)]


@pytest.mark.parametrize("kind", ENDS)
@pytest.mark.parametrize(("name", "at"), PASSES)
def test_all_is_as_it_was_after_an_error(monkeypatch, kind, name, at):
    model = loaded("SD 1.5")
    picture, given = output(model, "SD 1.5"), started(model, "SD 1.5")
    before, hooked = looks(model), hooks(model)
    breaking(monkeypatch, kind, at)
    changes = {"loss": name} if name == "features" else {"method": name}
    # Out of memory is told in a sentence.
    with pytest.raises(ValueError if kind is MemoryError else kind):
        run(model, "SD 1.5", given, **changes)
    assert looks(model) == before and hooks(model) == hooked and not discriminators()
    assert torch.equal(output(model, "SD 1.5"), picture)


def stopping(monkeypatch, method, step, student):
    """Raises the host's interrupt once, in this step, as its layers do while they compute."""
    loss, calls = LOSSES[method], []
    (rival,) = loss.rivals

    def once(plain, after):
        def stops(*args):
            calls.append(after)
            value = plain(*args)
            if calls.count(after) == (step if student else 2 * step - 2):
                raise host.InterruptProcessingException
            return value

        return stops

    if student:
        changed = loss._replace(student=once(loss.student, "student"))
    else:
        changed = loss._replace(rivals=(rival._replace(pays=once(rival.pays, "rival")),))
    monkeypatch.setitem(LOSSES, method, changed)


@pytest.mark.parametrize("method", ["adversarial", "score"])
@pytest.mark.parametrize("student", [True, False])
def test_a_cancelled_run_goes_on_and_ends_as_one_that_never_stopped(monkeypatch, method, student):
    """Stopped in the student's pass or in its rival's; heads, optimisers, dice: bit-equal."""
    model = loaded("SD 1.5")
    given = started(model, "SD 1.5")
    whole = run(model, "SD 1.5", given, name="whole", steps=4, method=method)
    with monkeypatch.context() as patch:
        stopping(patch, method, step=3, student=student)
        with pytest.raises(host.InterruptProcessingException):
            run(model, "SD 1.5", given, steps=4, method=method)
    made = run(model, "SD 1.5", given, steps=4, method=method)
    assert "Went on from step 2." in made.report
    assert made.losses == whole.losses
    assert all(torch.equal(made.lora[key], whole.lora[key]) for key in whole.lora)


def test_the_heads_are_kept_with_the_run_and_not_with_the_lora(folders):
    model = loaded("SD 1.5")
    given = started(model, "SD 1.5")
    made = run(model, "SD 1.5", given, method="adversarial")
    assert {*made.lora} == {*given.start}
    (file,) = folders.glob("user/**/mine/state.pt")
    kept = torch.load(file, weights_only=True)
    assert kept["heads"] and all(one.abs().max() > 0 for one in kept["heads"].values())


def test_a_step_costs_at_most_1_6_times_one_of_score(monkeypatch):
    """Forwards a sample, a pass back counted as two; a pass that ends early counts as a whole."""
    model = loaded("SD 1.5")
    given = started(model, "SD 1.5")
    network, rows, per_step = type(model.model), [], []
    plain, phases = network.apply_model, Trainer.phases

    def counted(self, x, t, **taken):
        rows.append(len(x) * (3 if torch.is_grad_enabled() else 1))
        return plain(self, x, t, **taken)

    def watched(self, *args):
        rows.clear()
        yield from phases(self, *args)
        per_step.append(sum(rows) / self.batch)

    monkeypatch.setattr(network, "apply_model", counted)
    monkeypatch.setattr(Trainer, "phases", watched)
    most = {}
    for name, changes in {
        "score": {"method": "score"},
        "adversarial": {"method": "adversarial"},
        "features": {"loss": "features"},
    }.items():
        per_step.clear()
        run(model, "SD 1.5", given, name=name, batch=8, target_steps=4, **changes)
        # The first pass of features chooses the blocks, with one row more.
        most[name] = max(per_step[1:])
    assert 0 < most["adversarial"] <= 1.6 * most["score"]
    assert most["adversarial"] <= 13 and most["features"] <= 7


def test_what_the_methods_need_is_said():
    model = loaded("SD 1.5")
    given = started(model, "SD 1.5")
    with pytest.raises(ValueError, match="learns from pictures"):
        run(model, "SD 1.5", given._replace(paths=None), method="adversarial")
    with pytest.raises(ValueError, match="improves a LoRA"):
        run(model, "SD 1.5", given._replace(start=None), method="adversarial")
    for method, less in (("score", given), ("repair", given._replace(paths=None))):
        with pytest.raises(ValueError, match="loss features compares with the teacher's paths"):
            run(model, "SD 1.5", less, method=method, loss="features")
    run(model, "SD 1.5", given, name="one")
    with pytest.raises(ValueError, match='begun with loss "latent"'):
        run(model, "SD 1.5", given, name="one", loss="features")


def test_repair_compares_by_features_on_paths_and_ends_with_score(monkeypatch):
    seen = []
    for name in ("features", "score"):
        plain = LOSSES[name].student

        def student(*args, name=name, plain=plain):
            seen.append(name)
            return plain(*args)

        monkeypatch.setitem(LOSSES, name, LOSSES[name]._replace(student=student))
    model = loaded("SD 1.5")
    run(model, "SD 1.5", started(model, "SD 1.5"), steps=4, method="repair", loss="features")
    assert seen == ["features"] * 2 + ["score"] * 2
