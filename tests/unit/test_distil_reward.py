"""Feedback, two losses as one, and the limit, against plain references in float64."""

import pytest
import torch
from fewstep.distil import (
    CLEAN,
    FAKE,
    HEADS,
    LOSSES,
    Limit,
    Plan,
    Trainer,
    Weights,
    pictures,
    reward,
    together,
)
from tiny_nets import KINDS, SHAPE, material, nets

CLOSE = {"rtol": 1e-9, "atol": 1e-12}
kinds = pytest.mark.parametrize("kind", KINDS)
PROMPTS = torch.tensor([0, 2, 3])
RIVALS = {
    FAKE: lambda them: them.fake.parameters(),
    HEADS: lambda them: them.heads.parameters(),
}


def score(latents, prompt):
    """A reward whose gradient is another one at each place and for each prompt."""
    wave = torch.sin(3 * latents + prompt.to(latents)[:, None, None, None])
    return (wave + 0.3 * latents.square()).flatten(1).sum(1)


def drawn(loss, count=12, target=4, seed=2):
    plan = Plan(target)
    return plan, loss.draw(material(), count, plan, 0.5, torch.Generator().manual_seed(seed))


def sigma(times, time):
    return 0.0 if time == CLEAN else times.sigma(time)


def alpha(kind, level):
    return 1 - level if kind == "flow" else 1.0


def plain_walk(kind, times, net, noise, steps, taken, context):
    """One row, by the formula: x = alpha image + sigma noise, solved for the noise."""
    top = sigma(times, 999)
    x = noise * (top if kind == "flow" else (1 + top * top) ** 0.5)
    stops = [round(1000 * (steps - i) / steps) - 1 for i in range(steps + 1)]
    for start, end in zip(stops[:taken], stops[1:], strict=False):
        s, n = sigma(times, start), sigma(times, end)
        image = net(x[None], torch.tensor([s], dtype=x.dtype), context[None])[0]
        x = alpha(kind, n) * image + n * (x - alpha(kind, s) * image) / s
    return x, stops[taken]


def same(loss, expected, weights):
    weights = [*weights]
    assert torch.allclose(loss, expected, **CLOSE)
    got, want = (torch.autograd.grad(one, weights) for one in (loss, expected))
    assert all(torch.allclose(*both, **CLOSE) for both in zip(got, want, strict=True))
    assert all(gradient.abs().max() > 0 for gradient in want)


@kinds
@pytest.mark.parametrize("target", [0, 1, 2, 4])
def test_a_reward_has_the_gradient_of_the_last_step_alone(kind, target):
    """ReFL: the picture after the student's own steps is scored, and one step is learned from."""
    times, them = KINDS[kind](), nets()
    loss = reward(score, PROMPTS)
    plan, rows = drawn(loss, target=target)
    expected = []
    for noise, steps, taken, prompt, context in zip(*rows, strict=True):
        with torch.no_grad():
            x, start = plain_walk(kind, times, them.student, noise, int(steps), int(taken), context)
        level = torch.tensor([sigma(times, start)], dtype=x.dtype)
        picture = them.student(x[None], level, context[None])
        expected.append(-score(picture, prompt[None])[0])
    got = loss.student(them, times, plan, rows).loss
    same(got, torch.stack(expected).mean(), them.student.parameters())


def test_the_scored_pictures_come_after_any_number_of_the_steps_and_of_the_prompts_alone():
    _, rows = drawn(reward(score, PROMPTS), count=400)
    assert rows.segments.unique().tolist() == [4]
    assert rows.taken.unique().tolist() == [0, 1, 2, 3]
    assert (rows.taken.bincount() > 60).all()
    assert rows.prompt.unique().tolist() == PROMPTS.tolist()
    assert torch.equal(rows.context, material().prompts[rows.prompt])
    _, unified = drawn(reward(score, PROMPTS), count=400, target=0)
    assert unified.segments.unique().tolist() == [1, 2, 4, 8]
    assert (unified.taken < unified.segments).all()


def test_no_gradient_of_a_reward_reaches_another_network():
    times, them = KINDS["flow"](), nets()
    for net in (them.teacher, them.student, them.average, them.fake):
        net.requires_grad_(True)
    loss = reward(score, PROMPTS)
    plan, rows = drawn(loss)
    loss.student(them, times, plan, rows).loss.backward()
    for net in (them.teacher, them.average, them.fake):
        assert all(weight.grad is None for weight in net.parameters())


@kinds
def test_pictures_are_what_a_sampler_s_steps_make(kind):
    times, net = KINDS[kind](), nets().student
    noise = torch.randn(3, *SHAPE, dtype=torch.float64)
    context = material().prompts[:3]
    with torch.no_grad():
        expected = [
            plain_walk(kind, times, net, one, 4, 4, text)[0]
            for one, text in zip(noise, context, strict=True)
        ]
        got = pictures(net, times, noise, 4, context)
    assert torch.allclose(got, torch.stack(expected), **CLOSE)


@kinds
@pytest.mark.parametrize("first", [*LOSSES])
def test_two_losses_together_are_their_sum(kind, first):
    times, them = KINDS[kind](), nets()
    one, other = LOSSES[first], reward(score, PROMPTS)
    both = together(one, other, 0.7)
    plan, rows = drawn(both)
    random = torch.Generator().manual_seed(2)
    ours, theirs = (loss.draw(material(), 12, plan, 0.5, random) for loss in (one, other))
    got = both.student(them, times, plan, rows)
    parts = [loss.student(them, times, plan, row) for loss, row in ((one, ours), (other, theirs))]
    weights = [*them.student.parameters()]
    assert torch.allclose(got.loss, parts[0].loss + 0.7 * parts[1].loss, **CLOSE)
    gradients = [
        torch.autograd.grad(loss, weights, retain_graph=True)
        for loss in (got.loss, parts[0].loss, parts[1].loss)
    ]
    for all_, ours_, theirs_ in zip(*gradients, strict=True):
        assert torch.allclose(all_, ours_ + 0.7 * theirs_, **CLOSE)
    assert both.needs == one.needs
    assert [rival.name for rival in both.rivals] == [rival.name for rival in one.rivals]
    for rival, alone in zip(both.rivals, one.rivals, strict=True):
        shown = got.shown[rival.name]
        assert torch.equal(shown, parts[0].shown[rival.name])
        for turn in (0, 1):
            paid = rival.pays(them, times, plan, rows, shown, turn)
            same(paid, alone.pays(them, times, plan, ours, shown, turn), RIVALS[rival.name](them))


def test_two_losses_that_each_train_a_rival_train_both():
    """Score and adversarial: each rival pays on its own pictures and rows."""
    times, them = KINDS["flow"](), nets()
    one, other = LOSSES["score"], LOSSES["adversarial"]
    both = together(one, other, 0.7)
    plan, rows = drawn(both)
    random = torch.Generator().manual_seed(2)
    each = [loss.draw(material(), 12, plan, 0.5, random) for loss in (one, other)]
    taught = both.student(them, times, plan, rows)
    assert [rival.name for rival in both.rivals] == [*taught.shown] == [FAKE, HEADS]
    for loss, row, rival in zip((one, other), each, both.rivals, strict=True):
        shown = loss.student(them, times, plan, row).shown[rival.name]
        assert torch.equal(taught.shown[rival.name], shown)
        expected = loss.rivals[0].pays(them, times, plan, row, shown, 1)
        paid = rival.pays(them, times, plan, rows, shown, 1)
        same(paid, expected, RIVALS[rival.name](them))


def test_two_losses_with_the_same_rival_are_refused():
    with pytest.raises(ValueError, match="both train fake, and there is one of it"):
        together(LOSSES["score"], LOSSES["score"], 1.0)


def test_together_needs_what_both_need():
    needs = {
        (first, second): together(LOSSES[first], LOSSES[second], 1.0).needs
        for first, second in (("score", "consistency"), ("consistency", "trajectory"))
    }
    assert [*needs.values()] == ["images", "paths"]


def trainer(loss, limit=None, micro=6, rate=0.05):
    them = nets()
    student = [*them.student.parameters()]
    average = [weight.detach().clone() for weight in student]
    made = Trainer(
        loss,
        them,
        Weights(student, average, {FAKE: [*them.fake.parameters()]}),
        KINDS["flow"](),
        Plan(2),
        steps=20,
        batch=6,
        rate=rate,
        limit=limit(student) if limit else None,
    )
    made.micro = micro
    return made, student, average


def steps(made, count=10):
    random = torch.Generator().manual_seed(4)
    return [[phase() for phase in made.phases(material(), random)] for _ in range(count)]


def test_losses_together_go_through_in_parts_with_the_same_result():
    both = together(LOSSES["score"], reward(score, PROMPTS), 0.5)
    whole, parts = (trainer(both, micro=micro) for micro in (6, 2))
    for one, other in zip(steps(whole[0]), steps(parts[0]), strict=True):
        assert one == pytest.approx(other, rel=1e-9)
    for one, other in zip(whole[1], parts[1], strict=True):
        assert torch.allclose(one, other, **CLOSE)


def test_training_on_a_reward_raises_it():
    made, *_ = trainer(reward(score, PROMPTS))
    random = torch.Generator().manual_seed(9)
    loss = reward(score, PROMPTS)
    rows = loss.draw(material(), 200, Plan(2), 0.5, random)

    def paid():
        with torch.no_grad():
            return float(loss.student(made._nets, made._times, Plan(2), rows).loss)

    before = paid()
    steps(made)
    assert paid() < before - 0.5


@pytest.mark.parametrize("share", [0.05, 0.1])
def test_no_matrix_moves_further_than_the_limit(share):
    """A rate that would take them far: they end on the edge, their average inside."""
    free, far, _ = trainer(reward(score, PROMPTS))
    start = [weight.detach().clone() for weight in far]
    steps(free)
    gone = [float((w.detach() - s).norm() / s.norm()) for w, s in zip(far, start, strict=True)]
    assert min(gone) > share
    made, weights, average = trainer(reward(score, PROMPTS), lambda student: Limit(student, share))
    steps(made)
    gone = [float((w.detach() - s).norm() / s.norm()) for w, s in zip(weights, start, strict=True)]
    assert max(gone) == pytest.approx(share, rel=1e-9) and max(gone) < share * (1 + 1e-12)
    assert all((w - s).norm() <= share * s.norm() for w, s in zip(average, start, strict=True))
    whole = sum(float((w.detach() - s).square().sum()) for w, s in zip(weights, start, strict=True))
    size = sum(float(s.square().sum()) for s in start)
    assert made._limit.moved(weights) == pytest.approx((whole / size) ** 0.5, rel=1e-9)


def test_inside_of_the_limit_nothing_is_touched():
    plain, weights, _ = trainer(reward(score, PROMPTS))
    steps(plain)
    wide, other, _ = trainer(reward(score, PROMPTS), lambda student: Limit(student, 1e6))
    steps(wide)
    assert all(torch.equal(*both) for both in zip(weights, other, strict=True))


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(ValueError, match="begin at zero"):
        Limit([torch.zeros(2, 2)], 0.5)
