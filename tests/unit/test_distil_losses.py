"""Each loss against a plain reference, in float64: values and gradients to 1e-9 relative."""

import pytest
import torch
from fewstep.distil import CLEAN, FAKE, LOSSES, Jump, Plan, pseudo_huber
from fewstep.distil.losses.consistency import target
from fewstep.distil.losses.score import denoising, gradient
from tiny_nets import KINDS, SHAPE, material, nets

CLOSE = {"rtol": 1e-9, "atol": 1e-12}
kinds = pytest.mark.parametrize("kind", KINDS)


def sigma(times, time):
    return 0.0 if time == CLEAN else times.sigma(time)


def alpha(kind, level):
    return 1 - level if kind == "flow" else 1.0


def landing(kind, times, net, x, start, end, context):
    """One row: x = alpha image + sigma noise, solved for the noise and put together again."""
    s, n = sigma(times, start), sigma(times, end)
    image = net(x[None], torch.tensor([s], dtype=x.dtype), context[None])[0]
    noise = (x - alpha(kind, s) * image) / s
    return alpha(kind, n) * image + n * noise


def huber(kind, times, got, goal, start, end):
    s, n = sigma(times, start), sigma(times, end)
    size = s - n if kind == "flow" else (1 + n * n) ** 0.5
    return ((((got - goal) / size) ** 2 + 0.05**2).sqrt() - 0.05).mean()


def same(loss, expected, weights):
    weights = [*weights]
    assert torch.allclose(loss, expected, **CLOSE)
    got = torch.autograd.grad(loss, weights)
    want = torch.autograd.grad(expected, weights)
    assert all(torch.allclose(*both, **CLOSE) for both in zip(got, want, strict=True))
    assert all(gradient.abs().max() > 0 for gradient in want)


def draw(name, count=16, target=1, done=0.9, **changes):
    plan = Plan(target, **changes)
    return plan, LOSSES[name].draw(material(), count, plan, done, torch.Generator().manual_seed(2))


@kinds
@pytest.mark.parametrize("target_steps", [0, 1, 4])
def test_trajectory_has_the_gradient_of_plain_regression_on_the_paths(kind, target_steps):
    times, them = KINDS[kind](), nets()
    plan, rows = draw("trajectory", target=target_steps)
    loss = LOSSES["trajectory"].student(them, times, plan, rows).loss
    expected = [
        huber(
            kind,
            times,
            landing(kind, times, them.student, x, int(s), int(e), context),
            goal,
            int(s),
            int(e),
        )
        for x, goal, s, e, context in zip(*rows, strict=True)
    ]
    same(loss, torch.stack(expected).mean(), them.student.parameters())


@kinds
@pytest.mark.parametrize("target_steps", [0, 1, 4])
def test_consistency_has_the_gradient_of_the_papers_formula(kind, target_steps):
    """LCD eq. 14 and TCD eq. 10, with the teacher's DDIM step as the solver."""
    times, them = KINDS[kind](), nets()
    plan, rows = draw("consistency", target=target_steps)
    loss = LOSSES["consistency"].student(them, times, plan, rows).loss
    expected = []
    for image, noise, start, middle, end, context in zip(*rows, strict=True):
        start, middle, end = int(start), int(middle), int(end)
        s = sigma(times, start)
        x = alpha(kind, s) * image + s * noise
        with torch.no_grad():
            goal = landing(kind, times, them.teacher, x, start, middle, context)
            if middle != end:
                goal = landing(kind, times, them.average, goal, middle, end, context)
        got = landing(kind, times, them.student, x, start, end, context)
        expected.append(huber(kind, times, got, goal, start, end))
    same(loss, torch.stack(expected).mean(), them.student.parameters())


@kinds
@pytest.mark.parametrize("target_steps", [0, 1, 4])
def test_fine_tuning_has_the_gradient_of_plain_denoising_of_the_pictures(kind, target_steps):
    """By what was learned alone; squares of landings, each in the unit of its level."""
    times, them = KINDS[kind](), nets()
    plan, rows = draw("fine-tuning", target=target_steps)
    loss = LOSSES["fine-tuning"].student(them, times, plan, rows).loss
    expected = []
    for image, noise, start, end, context in zip(*rows, strict=True):
        start, end = int(start), int(end)
        s, n = sigma(times, start), sigma(times, end)
        x = alpha(kind, s) * image + s * noise
        wanted = alpha(kind, n) * image + n * noise
        got = landing(kind, times, them.learned, x, start, end, context)
        size = s - n if kind == "flow" else (1 + n * n) ** 0.5
        expected.append((((got - wanted) / size) ** 2).mean())
    same(loss, torch.stack(expected).mean(), them.student.parameters())


def test_fine_tuning_jumps_within_the_steps_it_will_be_sampled_in():
    _, rows = draw("fine-tuning", count=200, target=4, done=0.0)
    assert bool((rows.end >= rows.start // 250 * 250 - 1).all())


def test_the_target_of_consistency_has_no_gradient():
    times, them = KINDS["table"](), nets()
    for net in (them.teacher, them.student, them.average):
        net.requires_grad_(True)
    path = Jump(torch.tensor([999, 499]), torch.tensor([799, 299]), torch.tensor([-1, 299]))
    context = material().prompts[:2]
    x = torch.randn(2, *SHAPE, dtype=torch.float64, requires_grad=True)
    assert not target(them, times, x, path, context).requires_grad
    plan, rows = draw("consistency")
    LOSSES["consistency"].student(them, times, plan, rows).loss.backward()
    for net in (them.teacher, them.average):
        assert all(weight.grad is None for weight in net.parameters())
    assert all(weight.grad is not None for weight in them.student.parameters())


def test_the_average_is_asked_only_where_its_jump_leads_on():
    asked, times, them = [], KINDS["table"](), nets()
    average = them.average

    def counted(x, sigmas, context):
        asked.append(len(x))
        return average(x, sigmas, context)

    for done in (0.0, 0.9):
        plan, rows = draw("consistency", target=8, done=done)
        asked.clear()
        LOSSES["consistency"].student(them._replace(average=counted), times, plan, rows)
        assert sum(asked) == int((rows.middle != rows.end).sum()) < len(rows.start)


@kinds
@pytest.mark.parametrize("target_steps", [0, 1, 4])
def test_score_has_the_gradient_of_dmd(kind, target_steps):
    """DMD eq. 7 and 8: the pictures move along (fake - real) / mean |picture - real|."""
    times, them = KINDS[kind](), nets()
    plan, rows = draw("score", target=target_steps)
    taught = LOSSES["score"].student(them, times, plan, rows)
    expected, pictures = [], []
    for row in zip(*rows, strict=True):
        noise, again, start, level, at_level, _, _, context = row
        start, level = int(start), int(level)
        top = sigma(times, 999)
        x = noise * (top if kind == "flow" else (1 + top * top) ** 0.5)
        number = torch.tensor([sigma(times, start)], dtype=x.dtype)
        if start < 999:
            with torch.no_grad():
                first = them.student(x[None], torch.tensor([top], dtype=x.dtype), context[None])[0]
            x = alpha(kind, float(number)) * first + number * again
        picture = them.student(x[None], number, context[None])[0]
        with torch.no_grad():
            s = sigma(times, level)
            seen = (alpha(kind, s) * picture + s * at_level)[None]
            number = torch.tensor([s], dtype=x.dtype)
            real = them.teacher(seen, number, context[None])[0]
            fake = them.fake(seen, number, context[None])[0]
            direction = (fake - real) / (picture - real).abs().mean()
        # Its gradient by the picture is the direction over the number of values.
        expected.append((picture * direction).mean())
        pictures.append(picture.detach())
    weights = [*them.student.parameters()]
    got = torch.autograd.grad(taught.loss, weights)
    want = torch.autograd.grad(torch.stack(expected).mean(), weights)
    assert all(torch.allclose(*both, **CLOSE) for both in zip(got, want, strict=True))
    assert torch.allclose(taught.shown[FAKE], torch.stack(pictures), **CLOSE)
    assert not taught.shown[FAKE].requires_grad


@kinds
def test_the_fake_score_learns_to_denoise_the_pictures(kind):
    times, them = KINDS[kind](), nets()
    plan, rows = draw("score")
    pictures = torch.randn(16, *SHAPE, dtype=torch.float64)
    for turn in (0, 1):
        loss = LOSSES["score"].rivals[0].pays(them, times, plan, rows, pictures, turn)
        expected = []
        for picture, level, noise, context in zip(
            pictures,
            rows.fake_level[:, turn],
            rows.at_fake_level[:, turn],
            rows.context,
            strict=True,
        ):
            s = sigma(times, int(level))
            a = alpha(kind, s)
            x = (a * picture + s * noise)[None]
            guess = them.fake(x, torch.tensor([s], dtype=x.dtype), context[None])[0]
            weight = min(5.0, a * a / (s * s) + 1)
            expected.append(weight * (guess - picture).square().mean())
        same(loss, torch.stack(expected).mean(), them.fake.parameters())


def test_the_rounds_of_the_fake_score_have_their_own_noise():
    _, rows = draw("score")
    assert not torch.equal(rows.fake_level[:, 0], rows.fake_level[:, 1])
    assert not torch.equal(rows.at_fake_level[:, 0], rows.at_fake_level[:, 1])


def test_no_direction_where_the_scores_agree():
    times, them = KINDS["table"](), nets(fake=1)
    pictures = torch.randn(4, *SHAPE, dtype=torch.float64)
    level = torch.tensor([20, 300, 600, 979])
    context = material().prompts
    assert (
        gradient(them, times, pictures, level, torch.randn_like(pictures), context).abs().max() == 0
    )


def test_the_direction_leads_from_the_pictures_to_what_the_teacher_sees():
    times, them = KINDS["flow"](), nets()
    pictures, wanted = torch.randn(2, 4, *SHAPE, dtype=torch.float64)
    them = them._replace(teacher=lambda *_: wanted, fake=lambda *_: pictures)
    level = torch.tensor([20, 300, 600, 979])
    direction = gradient(them, times, pictures, level, torch.randn_like(pictures), None)
    size = (pictures - wanted).abs().mean((1, 2, 3), keepdim=True)
    assert torch.allclose(pictures - direction * size, wanted, **CLOSE)


def test_a_perfect_denoiser_pays_nothing():
    times, them = KINDS["flow"](), nets()
    pictures = torch.randn(4, *SHAPE, dtype=torch.float64)
    perfect = them._replace(fake=lambda x, sigma, context: pictures)
    level = torch.tensor([20, 300, 600, 979])
    assert denoising(perfect, times, pictures, level, torch.randn_like(pictures), None) == 0


def test_pseudo_huber_is_a_square_near_zero_and_straight_far_away():
    small, large = torch.tensor(1e-4).double(), torch.tensor(1e4).double()
    assert abs(float(pseudo_huber(small, 0.05)) / (1e-8 / 0.1) - 1) < 1e-5
    assert abs(float(pseudo_huber(large, 0.05)) - (1e4 - 0.05)) < 1e-6


def test_the_registry_holds_each_loss_under_its_name():
    methods = ["trajectory", "features", "consistency", "score", "adversarial", "fine-tuning"]
    assert [*LOSSES] == methods
    assert {name: loss.needs for name, loss in LOSSES.items()} == {
        "trajectory": "paths",
        "features": "paths",
        "consistency": "images",
        "score": "",
        "adversarial": "images",
        "fine-tuning": "images",
    }
    assert all(loss.name == name for name, loss in LOSSES.items())
