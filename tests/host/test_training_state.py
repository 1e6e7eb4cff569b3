"""All is as it was after a training, however it ends; and memory that runs short on the way."""

import comfy.model_management as host
import pytest
import torch
from fewstep.distil import LOSSES
from fewstep.host.training.asked import Given
from training_runs import BASES, breaking, loaded, looks, output, paths, run

pytestmark = [pytest.mark.floor, pytest.mark.usefixtures("training_folder")]


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("method", ["trajectory", "consistency", "score"])
def test_all_is_as_it_was_after_a_run(base, method):
    model = loaded(base)
    picture = output(model, base)
    before = looks(model)
    given = Given(paths=paths(model, base))
    if method == "score":
        given = Given(start=run(model, base, given, name="first", steps=1).lora)
    made = run(model, base, given, method=method)
    assert len(made.losses) == 3 and all(loss == loss for loss in made.losses)
    assert looks(model) == before
    assert torch.equal(output(model, base), picture)
    assert not torch.equal(output(made.model, base), picture)


@pytest.mark.parametrize(
    "error", [ValueError("no"), host.InterruptProcessingException(), KeyboardInterrupt()]
)
def test_all_is_as_it_was_after_an_error(monkeypatch, error):
    model = loaded("SD 1.5")
    picture, before = output(model, "SD 1.5"), looks(model)
    given = Given(paths=paths(model, "SD 1.5"))
    breaking(monkeypatch, error)
    with pytest.raises(type(error)):
        run(model, "SD 1.5", given)
    assert looks(model) == before
    assert torch.equal(output(model, "SD 1.5"), picture)


def test_out_of_memory_ends_in_a_sentence_and_leaves_all_as_it_was(monkeypatch):
    model = loaded("SD 1.5")
    picture, before = output(model, "SD 1.5"), looks(model)
    given = Given(paths=paths(model, "SD 1.5"))
    sizes = []

    def student(nets, times, plan, rows):
        sizes.append(len(rows.x))
        raise MemoryError

    monkeypatch.setitem(LOSSES, "trajectory", LOSSES["trajectory"]._replace(student=student))
    with pytest.raises(ValueError, match="memory is too small"):
        run(model, "SD 1.5", given, batch=4)
    # Half of the rows, a quarter, and once more with blocks computed twice.
    assert sizes == [4, 2, 1, 1]
    assert looks(model) == before
    assert torch.equal(output(model, "SD 1.5"), picture)


def test_a_run_that_was_short_of_memory_learns_the_same(monkeypatch):
    """In parts, and with blocks computed twice: the same picture to 1 % of what it learned."""
    model = loaded("SD 1.5")
    given = Given(paths=paths(model, "SD 1.5"))
    whole = run(model, "SD 1.5", given, batch=4, name="whole")
    plain, failed = LOSSES["trajectory"].student, []

    def student(nets, times, plan, rows):
        if len(failed) < 3:
            failed.append(1)
            raise MemoryError
        return plain(nets, times, plan, rows)

    monkeypatch.setitem(LOSSES, "trajectory", LOSSES["trajectory"]._replace(student=student))
    parts = run(model, "SD 1.5", given, batch=4, name="parts")
    assert "1 pictures at a time" in parts.report and "computed twice" in parts.report
    expected = output(whole.model, "SD 1.5")
    change = (expected - output(model, "SD 1.5")).abs().max()
    assert (output(parts.model, "SD 1.5") - expected).abs().max() < 0.01 * change
