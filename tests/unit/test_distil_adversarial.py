"""The discriminator and feature matching against plain references, in float64: 1e-9 relative."""

import math

import pytest
import torch
from fewstep.distil import (
    CLEAN,
    HEADS,
    LOSSES,
    TIMES,
    Discriminating,
    Discriminator,
    Plan,
    Seen,
    Spread,
)
from test_distil_losses import CLOSE, alpha, draw, kinds, landing, same, sigma
from tiny_nets import KINDS, SHAPE, material, nets

DISTANCES = {"alone": Discriminating(), "with a distance": Discriminating(distance=0.5)}
how = pytest.mark.parametrize("how", DISTANCES.values(), ids=DISTANCES)


def nearest(kind, times, level):
    """The time whose log of noise over image is nearest."""

    def off(time):
        image = alpha(kind, sigma(times, time))
        return abs(math.log(sigma(times, time) / image) - level) if image else math.inf

    return min(range(TIMES), key=off)


def noised(kind, times, image, noise, time):
    return alpha(kind, sigma(times, time)) * image + sigma(times, time) * noise


def seen(kind, times, them, image, noise, time, context):
    """One row's maps, and each divided into groups with no mean and unit variance."""
    level = torch.tensor([sigma(times, time)], dtype=image.dtype)
    x = noised(kind, times, image, noise, time)[None]
    return them.features(x, level, context[None])


def head(one, shown, level, prompt):
    """One row's logits: convolutions as sums over places around, in the words of the paper."""

    def around(x, layer):
        _, high, wide = x.shape
        padded = torch.zeros(len(x), high + 2, wide + 2, dtype=x.dtype)
        padded[:, 1:-1, 1:-1] = x
        total = layer.bias[:, None, None]
        for row in range(3):
            for column in range(3):
                part = padded[:, row : row + high, column : column + wide]
                total = total + torch.einsum("oi,ihw->ohw", layer.weight[:, :, row, column], part)
        return total

    def silu(x):
        return x / (1 + (-x).exp())

    shown = (shown - shown.mean()) / (shown.var(unbiased=False) + 1e-5).sqrt()
    angles = [level * wave for wave in (0.5, 1.0, 1.5, 2.0)]
    angles = torch.tensor([*map(math.sin, angles), *map(math.cos, angles)], dtype=shown.dtype)
    shown = silu(around(shown, one.first) + one.level(angles)[:, None, None])
    shown = silu(around(shown, one.second))
    prompt = (prompt - prompt.mean()) / (prompt.var(unbiased=False) + 1e-5).sqrt()
    wanted = one.prompt(prompt)
    fits = torch.einsum("chw,c->hw", shown, wanted) / len(wanted) ** 0.5
    return torch.einsum("chw,c->hw", shown, one.last.weight[0, :, 0, 0]) + one.last.bias + fits


def logits(kind, times, them, image, noise, level, context):
    """One row's, averaged over places: a list with a number or a map for each head."""
    time = nearest(kind, times, float(level))
    maps = seen(kind, times, them, image, noise, time, context)
    return [
        head(one, shown[0], float(level), context)
        for one, shown in zip(them.heads.heads, maps, strict=True)
    ]


def mean(values):
    return torch.stack([*values]).mean()


def student_picture(kind, times, them, row, distance):
    start, top = int(row.start), sigma(times, 999)
    x = row.noise
    if not distance:
        x = x * (top if kind == "flow" else (1 + top * top) ** 0.5)
    if start < 999:
        with torch.no_grad():
            number = torch.tensor([top], dtype=x.dtype)
            first = them.student(x[None], number, row.context[None])[0]
        x = noised(kind, times, first, row.again, start)
    number = torch.tensor([sigma(times, start)], dtype=x.dtype)
    return them.student(x[None], number, row.context[None])[0]


def rows_of(rows):
    return [type(rows)(*row) for row in zip(*rows, strict=True)]


@kinds
@how
@pytest.mark.parametrize("target_steps", [0, 1, 4])
def test_the_student_has_the_gradient_of_ladd(kind, how, target_steps):
    """The mean logit of the noised picture rises, through the teacher's features and the heads."""
    times, them = KINDS[kind](), nets()
    plan, rows = draw("adversarial", target=target_steps, discriminator=how)
    taught = LOSSES["adversarial"].student(them, times, plan, rows)
    expected, pictures = [], []
    for row in rows_of(rows):
        picture = student_picture(kind, times, them, row, how.distance)
        heads = logits(kind, times, them, picture, row.at_level, row.level, row.context)
        loss = -mean(one.mean() for one in heads)
        if how.distance:
            apart = ((picture - row.goal).square() + 0.05**2).sqrt() - 0.05
            loss = loss + how.distance * apart.mean()
        expected.append(loss)
        pictures.append(picture.detach())
    same(taught.loss, mean(expected), them.student.parameters())
    assert torch.allclose(taught.shown[HEADS], torch.stack(pictures), **CLOSE)
    assert not taught.shown[HEADS].requires_grad


@kinds
@pytest.mark.parametrize("penalty", [0.0, 100.0])
def test_the_heads_pay_the_hinge_loss_and_r1_by_a_difference(kind, penalty):
    """LADD's hinge loss, and APT's eq. for R1, on each round's own noise."""
    times, them = KINDS[kind](), nets()
    how = Discriminating(penalty=penalty, aside=0.3)
    plan, rows = draw("adversarial", discriminator=how)
    pictures = torch.randn(16, *SHAPE, dtype=torch.float64)
    (rival,) = LOSSES["adversarial"].rivals
    for turn in (0, 1):
        loss = rival.pays(them, times, plan, rows, pictures, turn)
        expected = []
        for picture, row in zip(pictures, rows_of(rows), strict=True):
            level = row.round_level[turn]
            fake = logits(kind, times, them, picture, row.at_fake[turn], level, row.context)
            real = logits(kind, times, them, row.real, row.at_real[turn], level, row.of_real)
            near = row.real + how.aside * row.aside[turn]
            near = logits(kind, times, them, near, row.at_real[turn], level, row.of_real)
            expected.append(
                mean((1 - one).clamp(min=0).mean() for one in real)
                + mean((1 + one).clamp(min=0).mean() for one in fake)
                + penalty * mean((a - b).square().mean() for a, b in zip(real, near, strict=True))
            )
        same(loss, mean(expected), them.heads.parameters())


def test_real_pictures_are_the_ends_of_the_paths_or_a_person_s_own():
    for things in ({"images": 0}, {"images": 5}):
        learned = material(**things)
        rows = LOSSES["adversarial"].draw(learned, 16, Plan(1), 0.5, torch.Generator())
        known = learned.paths[:, -1] if learned.images is None else learned.images
        of = learned.of_paths if learned.images is None else learned.of_images
        for real, context in zip(rows.real, rows.of_real, strict=True):
            (index,) = (known == real).flatten(1).all(1).nonzero().flatten().tolist()
            assert torch.equal(context, learned.prompts[of[index]])


def test_a_distance_is_from_the_start_of_a_path_to_its_end():
    learned = material()
    plan = Plan(1, discriminator=Discriminating(distance=1.0))
    rows = LOSSES["adversarial"].draw(learned, 16, plan, 0.5, torch.Generator())
    for row in rows_of(rows):
        (index,) = (learned.paths[:, 0] == row.noise).flatten(1).all(1).nonzero().flatten().tolist()
        assert torch.equal(row.goal, learned.paths[index, -1])
        assert torch.equal(row.context, learned.prompts[learned.of_paths[index]])
    with pytest.raises(ValueError, match="Connect paths"):
        bare = learned._replace(paths=None)
        LOSSES["adversarial"].draw(bare, 16, plan, 0.5, torch.Generator())


def test_a_discriminator_that_is_paid_learns_and_a_student_that_is_paid_fools_it():
    """Each step goes the way that it should: a real gradient, not its opposite."""
    times, them = KINDS["table"](), nets()
    plan, rows = draw("adversarial")
    loss, (rival,) = LOSSES["adversarial"], LOSSES["adversarial"].rivals

    def descend(net, value, step):
        before = value()
        weights = [*net.parameters()]
        for weight, one in zip(weights, torch.autograd.grad(before, weights), strict=True):
            weight.data -= step * one
        assert value() < before

    shown = loss.student(them, times, plan, rows).shown[HEADS]
    descend(them.heads, lambda: rival.pays(them, times, plan, rows, shown, 0), 1e-3)
    descend(them.student, lambda: loss.student(them, times, plan, rows).loss, 1e-2)


@pytest.mark.parametrize("name", ["adversarial", "features"])
def test_no_gradient_reaches_the_teacher_and_only_the_landing_is_asked_with_one(name):
    times, them = KINDS["flow"](), nets()
    asked = []

    def features(x, level, context):
        asked.append((x.requires_grad, torch.is_grad_enabled()))
        return them.teacher.features(x, level, context)

    watched = them._replace(features=features)
    plan, rows = draw(name)
    taught = LOSSES[name].student(watched, times, plan, rows)
    taught.loss.backward()
    for rival in LOSSES[name].rivals:
        rival.pays(watched, times, plan, rows, taught.shown[rival.name], 0).backward()
    assert all(weight.grad is None for weight in them.teacher.parameters())
    assert all(weight.grad is not None for weight in them.student.parameters())
    with_gradient = [(True, True)]
    without = [(False, False)] * (3 if name == "adversarial" else 1)
    assert sorted(asked) == sorted(with_gradient + without)


@kinds
@pytest.mark.parametrize("target_steps", [0, 1, 4])
def test_features_are_matched_at_the_landing_s_own_level_or_at_a_drawn_one(kind, target_steps):
    """SDXS by the teacher's features: clean pictures get the same noise, others get none."""
    times, them = KINDS[kind](), nets()
    plan, rows = draw("features", target=target_steps)
    loss = LOSSES["features"].student(them, times, plan, rows).loss
    expected = []
    for row in rows_of(rows):
        start, end = int(row.start), int(row.end)
        got = landing(kind, times, them.student, row.x, start, end, row.context)
        looks, time = [], end
        if end == CLEAN:
            time = nearest(kind, times, float(row.level))
        for image in (got, row.goal):
            x = noised(kind, times, image, row.noise, time) if end == CLEAN else image
            number = torch.tensor([sigma(times, time)], dtype=x.dtype)
            looks.append(them.features(x[None], number, row.context[None]))
        apart = []
        for seen, goal in zip(*looks, strict=True):
            difference = (seen - goal.detach()) / goal.detach().square().mean().sqrt()
            apart.append(((difference.square() + 0.05**2).sqrt() - 0.05).mean())
        expected.append(mean(apart))
    same(loss, mean(expected), them.student.parameters())
    assert target_steps == 1 or (rows.end != CLEAN).any()


def test_a_landing_where_the_path_went_pays_nothing():
    times, them = KINDS["table"](), nets()
    plan, rows = draw("features", target=4)
    x = rows.x

    def perfect(x, level, context):
        """The image whose landing is the goal: solved from x = image + sigma noise."""
        s = torch.tensor([sigma(times, int(time)) for time in rows.start])[:, None, None, None]
        n = torch.tensor([sigma(times, int(time)) for time in rows.end])[:, None, None, None]
        return (rows.goal - n / s * x) / (1 - n / s)

    assert (
        LOSSES["features"].student(them._replace(student=perfect), times, plan, rows).loss < 1e-12
    )
    assert not torch.equal(x, rows.goal)


@kinds
def test_a_level_is_the_time_that_is_nearest(kind):
    times = KINDS[kind]()
    levels = torch.tensor([-9.0, -2.3, 0.0, 1.1, 2.5, 9.0])
    expected = [nearest(kind, times, level) for level in levels.tolist()]
    assert times.nearest(levels).tolist() == expected
    assert expected == sorted(expected) and len({*expected}) == len(expected)


def test_levels_are_logit_normal():
    """Mean and spread of the log of noise over image, which for flows is sigma's logit: 3 %."""
    drawn = Spread(1.0, 0.5).draw(20000, generator=torch.Generator().manual_seed(1))
    assert abs(drawn.mean() - 1.0) < 0.03 and abs(drawn.std() - 0.5) < 0.03
    times = KINDS["flow"](1.0)
    sigmas = times.sigmas(times.nearest(drawn), drawn)
    assert abs(torch.logit(sigmas).mean() - 1.0) < 0.03


def test_blocks_are_spread_evenly_and_end_where_the_depth_says():
    assert Seen(0).of(4) == [0, 1, 2, 3]
    assert Seen(6).of(3) == [0, 1, 2]
    assert Seen(4).of(16) == [3, 7, 11, 15]
    assert Seen(2, 0.5).of(16) == [3, 7]
    assert Seen(1).of(19) == [18]
    assert Seen(3, 0.01).of(10) == [0]


def test_the_heads_come_from_their_generator_alone():
    torch.manual_seed(1)
    first = Discriminator([8, 16], 3, 6, torch.Generator().manual_seed(2)).state_dict()
    torch.manual_seed(3)
    second = Discriminator([8, 16], 3, 6, torch.Generator().manual_seed(2)).state_dict()
    other = Discriminator([8, 16], 3, 6, torch.Generator().manual_seed(4)).state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)
