"""Jumps and segments as the papers have them, and levels as the samplers have them."""

import pytest
import torch
from fewstep.distil import (
    CLEAN,
    LOSSES,
    Material,
    Plan,
    Times,
    halvings,
    jumps,
    segment_end,
    trailing,
)
from fewstep.samplers.levels import TableLevels
from fewstep.samplers.table import step_table
from fewstep.schedulers import trailing as sampled
from tiny_nets import KINDS, SHAPE, material


def random(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("segments", [1, 2, 4, 8])
def test_segments_are_the_paper_s(segments):
    """TSCD: the timesteps 0..T cut in k equal parts, and a point on a cut starts the part below."""
    left = torch.arange(1, 1001)
    edges = [1000 * part / segments for part in range(segments + 1)]
    expected = [max(edge for edge in edges if edge < one) for one in left.tolist()]
    assert segment_end(left, 1000, segments).tolist() == expected


def test_segments_of_a_path_are_the_same_cuts():
    assert segment_end(torch.arange(1, 9), 8, 4).tolist() == [0, 0, 2, 2, 4, 4, 6, 6]
    # More segments than points: each point is a segment.
    assert segment_end(torch.arange(1, 5), 4, 8).tolist() == [0, 1, 2, 3]
    assert segment_end(torch.arange(1, 8), 7, 1).tolist() == [0] * 7
    for whole in range(1, 30):
        for segments in range(1, 9):
            left = torch.arange(1, whole + 1)
            assert (segment_end(left, whole, segments) < left).all()


def test_segments_are_halved_down_to_the_target():
    assert [halvings(target) for target in (1, 2, 3, 4, 6, 8)] == [
        [8, 4, 2, 1],
        [8, 4, 2],
        [8, 4, 3],
        [8, 4],
        [8, 6],
        [8],
    ]


@pytest.mark.parametrize("steps", range(1, 9))
def test_starts_are_the_timesteps_that_are_sampled(steps):
    expected = sampled(steps)
    assert trailing(torch.arange(steps, 0, -1), steps).tolist() == expected
    assert {*Plan(steps).starts(500, random()).tolist()} == {*expected}


def test_unified_practises_the_jumps_of_1_2_4_and_8_steps():
    plan = Plan(0)
    segments = plan.segments(4000, 0.0, random())
    shares = [(segments == one).double().mean() for one in (1, 2, 4, 8)]
    assert all(0.22 < share < 0.28 for share in shares) and abs(sum(shares) - 1) < 1e-9
    rows = LOSSES["trajectory"].draw(material(), 4000, Plan(0, last=0.0), 0.5, random())
    cuts = {trailing(torch.tensor(i), k).item() for k in (1, 2, 4, 8) for i in range(k + 1)}
    pairs = {*zip(rows.start.tolist(), rows.end.tolist(), strict=True)}
    assert {start for start, _ in pairs} <= cuts
    lengths = {round((start - end) / 125) for start, end in pairs}
    assert lengths == {1, 2, 4, 8}


@pytest.mark.parametrize("segments", [1, 2, 4, 8])
@pytest.mark.parametrize("to_any", [0.0, 0.5])
def test_jumps_stay_in_their_segment(segments, to_any):
    path = jumps(4000, 40, to_any=to_any, last=0.2, segments=segments, generator=random())
    low = segment_end(path.start + 1, 1000, segments) - 1
    assert (path.end <= path.middle).all() and (path.middle < path.start).all()
    assert (path.end >= low).all()
    assert (path.start - path.middle <= 40).all()
    at_low = (path.end == low).double().mean()
    assert at_low == 1 if to_any == 0 else at_low < 0.95
    assert 0.17 < (path.start == 999).double().mean() < 0.26


def test_trajectories_go_from_a_point_of_a_path_to_the_end_of_its_segment():
    things = material()
    plan = Plan(2, last=0.3)
    rows = LOSSES["trajectory"].draw(things, 3000, plan, 1.0, random())
    assert ({*rows.end.tolist()}) == {499, CLEAN}
    places = {time: index for index, time in enumerate(things.times.tolist())}
    for row in range(50):
        start, end = places[int(rows.start[row])], places[int(rows.end[row])]
        of = [i for i in range(6) if torch.equal(things.paths[i, start], rows.x[row])]
        assert of and torch.equal(things.paths[of[0], end], rows.goal[row])
        assert torch.equal(rows.context[row], things.prompts[things.of_paths[of[0]]])


def test_consistency_learns_on_the_ends_of_the_paths_where_no_images_are_given():
    things = material(images=0)
    rows = LOSSES["consistency"].draw(things, 100, Plan(1), 0.5, random())
    ends = things.paths[:, -1]
    assert all(any(torch.equal(end, image) for end in ends) for image in rows.image)


def test_the_same_seed_draws_the_same_and_another_seed_another():
    for loss in LOSSES.values():
        first, again, other = (
            loss.draw(material(), 8, Plan(1), 0.5, random(seed)) for seed in (1, 1, 2)
        )
        assert all(torch.equal(*both) for both in zip(first, again, strict=True))
        assert not torch.equal(first[0], other[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_jump_is_the_sampler_s_own_step(kind):
    """DDIM's row of samplers/: the same formula makes the pictures and teaches."""
    times = KINDS[kind]()
    x, image = torch.randn(2, 3, *SHAPE, generator=random(), dtype=torch.float64)
    start, end = torch.tensor([999, 749, 249]), torch.tensor([499, 19, CLEAN])
    got = times.moved(x, image, start, end)
    for row in range(3):
        sigmas = [times.sigma(int(start[row])), times.sigma(int(end[row]))]
        (step,) = step_table(sigmas, times._levels, lambda _, following: following)
        expected = step.keep * x[row] + step.clean * image[row]
        assert torch.allclose(got[row], expected, rtol=0, atol=1e-12) and step.fresh < 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_knows_the_picture_lands_on_the_path(kind):
    times = KINDS[kind]()
    image, noise = torch.randn(2, 64, *SHAPE, generator=random(), dtype=torch.float64)
    path = jumps(64, 160, to_any=0.5, generator=random())
    x = times.noised(image, noise, path.start)
    got = times.land(lambda *_: image, x, path.start, path.end, None)
    assert torch.allclose(got, times.noised(image, noise, path.end), rtol=0, atol=1e-9)


def test_an_error_of_the_noise_counts_alike_at_all_levels():
    """Of eps models: a wrong noise of size 1 on jumps down by half, at sigma 14.6 and at 0.83."""
    times = KINDS["table"]()
    start, end = torch.tensor([999, 299]), torch.tensor([849, 99])
    x = torch.zeros(2, *SHAPE, dtype=torch.float64)
    wrong = times.sigmas(start, x)[:, None, None, None] + x
    apart = times.apart(times.moved(x, wrong, start, end), x, start, end).flatten(1).amax(1)
    assert 0.4 < apart.min() and apart.max() < 1.4
    # The errors of the images differ far more.
    assert wrong[0].max() / wrong[1].max() > 15


def test_flow_models_are_compared_in_velocity():
    times = KINDS["flow"]()
    start, end = torch.tensor([999, 499]), torch.tensor([499, CLEAN])
    x, image, velocity = torch.randn(3, 2, *SHAPE, generator=random(), dtype=torch.float64)
    # An error of the velocity moves the image by sigma times as much.
    sigmas = times.sigmas(start, x)[:, None, None, None]
    one = times.moved(x, image, start, end)
    other = times.moved(x, image + sigmas * velocity, start, end)
    assert torch.allclose(times.apart(other, one, start, end), velocity, rtol=0, atol=1e-9)


def test_a_model_with_other_times_is_refused():
    with pytest.raises(ValueError, match="1000 times"):
        Times(TableLevels(torch.ones(10).numpy()), [1.0] * 10)


def test_a_material_without_paths_draws_scores():
    things = Material(SHAPE, material().prompts)
    rows = LOSSES["score"].draw(things, 8, Plan(4), 0.0, random())
    assert rows.noise.shape == (8, *SHAPE) and rows.fake_level.shape == (8, 2)
