"""Steps, averages and the folder of a run."""

import copy
import json

import pytest
import torch
from fewstep.distil import (
    FAKE,
    HEADS,
    LOSSES,
    NotFiniteError,
    Plan,
    RunFolder,
    Trainer,
    Weights,
    follow,
)
from fewstep.distil.trainer import rate_share
from tiny_nets import KINDS, material, nets


def trainer(them, name="score", steps=6, batch=8, target=1, **more):
    rivals = {FAKE: [*them.fake.parameters()], HEADS: [*them.heads.parameters()]}
    weights = Weights([*them.student.parameters()], [*them.average.parameters()], rivals)
    return Trainer(
        LOSSES[name],
        them,
        weights,
        KINDS["table"](),
        Plan(target),
        steps=steps,
        batch=batch,
        rate=1e-2,
        **more,
    )


def begin():
    them = nets(average=2, fake=2)
    return them, torch.Generator().manual_seed(5)


def run(one, generator, steps, **things):
    values = []
    for _ in range(steps):
        values += [phase() for phase in one.phases(material(**things), generator)]
    return values


def numbers(them):
    return [weight.detach().clone() for net in trained(them) for weight in net.parameters()]


def trained(them):
    return (them.teacher, them.student, them.average, them.fake, them.heads)


@pytest.mark.parametrize("name", ["trajectory", "consistency"])
def test_the_loss_falls(name):
    them, generator = begin()
    # In one stage: fewer segments are harder.
    values = run(trainer(them, name, steps=60, target=8), generator, 60, paths=1)
    assert sum(values[-20:]) < 0.9 * sum(values[:20])


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("micro", [1, 3, 4])
def test_parts_of_a_batch_give_the_step_of_the_whole(name, micro):
    """Accumulated gradients are those of the batch: 1e-10 in float64 after three steps.

    Adam enlarges what is left of gradients that cancel, as a last bias' do in the hinge loss.
    """
    results = []
    for size in (8, micro):
        them, generator = begin()
        one = trainer(them, name)
        one.micro = size
        run(one, generator, 3)
        results.append(numbers(them))
    assert all(torch.allclose(a, b, rtol=0, atol=1e-10) for a, b in zip(*results, strict=True))


def test_a_phase_can_be_called_again_after_it_failed_for_memory():
    them, generator = begin()
    one = trainer(them)
    calm, calm_random = copy.deepcopy(them), torch.Generator().manual_seed(5)
    run(trainer(calm), calm_random, 2)
    failures = iter([True, False, True, False, False, True, False] + [False] * 9)
    plain = them.teacher.forward

    def sometimes(*args):
        if next(failures):
            raise MemoryError
        return plain(*args)

    them.teacher.forward = sometimes
    for _ in range(2):
        for phase in one.phases(material(), generator):
            while True:
                try:
                    phase()
                    break
                except MemoryError:
                    pass
    assert all(torch.equal(a, b) for a, b in zip(numbers(them), numbers(calm), strict=True))


def test_the_average_is_the_average():
    weights, average = [torch.zeros(3).double()], [torch.zeros(3).double()]
    expected, kept = torch.zeros(3).double(), 0.98
    for step in range(1, 600):
        weights[0] = torch.full((3,), float(step)).double()
        share = min(kept, (1 + step) / (10 + step))
        expected = share * expected + (1 - share) * weights[0]
        follow(average, weights, kept, step)
    assert torch.allclose(average[0], expected, rtol=1e-12)


def test_a_run_that_goes_on_from_its_state_ends_as_one_that_never_stopped():
    whole, generator = begin()
    run(trainer(whole), generator, 6)

    them, generator = begin()
    one = trainer(them)
    run(one, generator, 3)
    state, kept, dice = one.state(), numbers(them), generator.get_state()

    again, generator = begin()
    other = trainer(again)
    with torch.no_grad():
        for weight, value in zip(
            (w for n in trained(again) for w in n.parameters()), kept, strict=True
        ):
            weight.copy_(value)
    other.restore(state)
    generator.set_state(dice)
    run(other, generator, 3)
    assert all(torch.equal(a, b) for a, b in zip(numbers(again), numbers(whole), strict=True))


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_that_is_no_number_changes_nothing(name):
    them, generator = begin()
    one = trainer(them, name)
    run(one, generator, 1)
    before = numbers(them)
    broken = them.student.forward
    them.student.forward = lambda *args: broken(*args) * float("nan")
    with pytest.raises(NotFiniteError, match="step 2"):
        run(one, generator, 1)
    assert all(torch.equal(a, b) for a, b in zip(numbers(them), before, strict=True))
    assert one.step == 1


def test_the_rate_goes_up_stays_and_goes_down():
    shares = [rate_share(step, 200) for step in range(200)]
    assert shares[0] == 0.02 and shares[20:150] == [1.0] * 130
    assert shares[:21] == sorted(shares[:21]) and shares[149:] == sorted(shares[149:], reverse=True)
    assert shares[-1] < 0.05


def test_a_folder_keeps_the_last_state_and_leaves_no_half_file(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path / "runs" / "mine")
    folder.open({"steps": 4})
    assert folder.load() is None
    folder.save({"step": 1, "weights": [torch.ones(2)]})

    def dies(state, file):
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", dies)
    with pytest.raises(KeyboardInterrupt):
        folder.save({"step": 2})
    state = folder.load()
    assert state["step"] == 1 and torch.equal(state["weights"][0], torch.ones(2))


def test_other_settings_are_refused_by_the_field_that_differs(tmp_path):
    settings = {"steps": 4, "prompts": ["a", "b"], "size": (64, 64)}
    RunFolder(tmp_path / "mine").open(settings)
    RunFolder(tmp_path / "mine").save({"step": 1})
    RunFolder(tmp_path / "mine").open(settings)
    for field, value in (("steps", 5), ("prompts", ["a"]), ("size", (64, 128)), ("cfg", 2.0)):
        with pytest.raises(ValueError, match=f"run mine was begun with {field} "):
            RunFolder(tmp_path / "mine").open({**settings, field: value})
    with pytest.raises(ValueError, match="with size"):
        RunFolder(tmp_path / "mine").open({"steps": 4, "prompts": ["a", "b"]})
    assert json.loads((tmp_path / "mine" / "settings.json").read_text())["steps"] == 4


@pytest.mark.parametrize("content", [None, b"", b"{nope", b"[1]", b"null", b"\xff\xfe"])
def test_a_run_whose_settings_nobody_can_know_is_refused(tmp_path, content):
    """Its state would go on with whatever is asked for now."""
    RunFolder(tmp_path / "mine").open({"rank": 4})
    RunFolder(tmp_path / "mine").save({"step": 1})
    settings = tmp_path / "mine" / "settings.json"
    settings.unlink() if content is None else settings.write_bytes(content)
    with pytest.raises(ValueError, match=r"mine cannot go on: its file settings.json is damaged"):
        RunFolder(tmp_path / "mine").open({"rank": 4})


def test_a_state_that_is_damaged_is_refused(tmp_path):
    folder = RunFolder(tmp_path / "mine")
    folder.open({"rank": 4})
    folder.save({"step": 1, "weights": torch.ones(100)})
    state = tmp_path / "mine" / "state.pt"
    whole = state.read_bytes()
    for content in (b"", b"garbage", whole[: len(whole) // 2]):
        state.write_bytes(content)
        with pytest.raises(ValueError, match=r"mine cannot go on: its file state.pt is damaged"):
            folder.load()
    torch.save([1], state)
    with pytest.raises(ValueError, match="is damaged"):
        folder.load()


def test_a_run_that_was_killed_in_its_first_write_begins_anew(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "settings.json.part").write_bytes(b"{")
    RunFolder(tmp_path / "mine").open({"rank": 4})
    RunFolder(tmp_path / "mine").save({"step": 1})
    RunFolder(tmp_path / "mine").open({"rank": 4})


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), RuntimeError("unexpected pos")]
)
def test_a_disk_that_is_full_is_a_sentence_and_the_last_state_stays(tmp_path, monkeypatch, error):
    folder = RunFolder(tmp_path / "mine")
    folder.open({"rank": 4})
    folder.save({"step": 1})

    def full(state, file):
        file.write_bytes(b"half")
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full)
        with pytest.raises(ValueError, match=r"state.pt cannot be written.* from the last save"):
            folder.save({"step": 2})
    assert folder.load() == {"step": 1}
    assert not [*folder.path.glob("*.part")]


def test_a_run_that_was_refused_before_its_first_step_can_be_asked_for_anew(tmp_path):
    RunFolder(tmp_path / "mine").open({"rank": 4})
    RunFolder(tmp_path / "mine").open({"rank": 8})
    RunFolder(tmp_path / "mine").save({"step": 1})
    with pytest.raises(ValueError, match="with rank 8"):
        RunFolder(tmp_path / "mine").open({"rank": 4})


def test_a_phase_fills_the_gradients_of_what_it_trains_alone():
    """The heads are on the student's way, and stay without gradients until it is their turn."""
    them, generator = begin()
    student, heads, *_ = trainer(them, "adversarial").phases(material(), generator)
    student()
    assert all(weight.grad is None for weight in them.heads.parameters())
    learned = [weight.grad.clone() for weight in them.student.parameters()]
    heads()
    assert all(weight.grad is not None for weight in them.heads.parameters())
    for weight, gradient in zip(them.student.parameters(), learned, strict=True):
        assert torch.equal(weight.grad, gradient)
