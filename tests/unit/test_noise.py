"""Noise belongs to the image and the step."""

import numpy as np
import pytest
import torch
from fewstep.samplers.noise import image_seeds, step_noises

LATENT = torch.zeros(4, 4, 16, 16)
LEVELS = [14.6, 4.1, 1.6, 0.7]


def test_step_noise_of_image_k_is_that_of_a_single_image_with_seed_plus_k():
    batch = step_noises(LATENT, LEVELS, image_seeds(90, range(4)))
    for k in range(4):
        single = step_noises(LATENT[:1], LEVELS, [90 + k])
        assert all(torch.equal(b[k : k + 1], s) for b, s in zip(batch, single, strict=True))


def test_no_two_streams_are_alike():
    """Steps, neighbouring seeds and the initial noise of the same seed: correlations stay small."""
    draws = [one for seed in (0, 1, 2) for one in step_noises(LATENT[:1], LEVELS, [seed])]
    for seed in (0, 1, 2, 3):
        draws.append(torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(seed)))
    flat = torch.stack([draw.flatten() for draw in draws])
    correlation = torch.corrcoef(flat) - torch.eye(len(draws))
    # 1024 samples: the standard error is 0.031.
    assert correlation.abs().max() < 0.16


@pytest.mark.parametrize("seed", range(3))
def test_single_steps_draw_what_the_whole_run_draws(seed):
    """By the level they go to, which float error does not change."""
    levels = np.sort(np.random.default_rng(seed).uniform(0.03, 15, 9))[::-1]
    whole = step_noises(LATENT, levels.tolist(), [seed] * 4)
    for i, noise in enumerate(whole):
        near = (levels[i : i + 2] * (1 + 1e-9)).tolist()
        assert torch.equal(step_noises(LATENT, near, [seed] * 4)[0], noise)


def test_a_level_that_is_reached_twice_gets_other_noise_the_second_time():
    first, _, again = step_noises(LATENT, [14.0, 5.0, 10.0, 5.0], [1, 2, 3, 4])
    assert not torch.equal(first, again)


def test_what_is_not_wanted_is_not_drawn():
    drawn = step_noises(LATENT, LEVELS, [1, 2, 3, 4], [True, False, True])
    assert [one is None for one in drawn] == [False, True, False]


def test_step_noise_is_unit_noise():
    noise = step_noises(torch.zeros(1, 4, 256, 256), [1.0, 0.5], [5])[0]
    assert noise.mean().abs() < 0.01
    assert noise.std() == pytest.approx(1, abs=0.01)


def test_drawing_leaves_the_global_generator_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    step_noises(LATENT, LEVELS, image_seeds(3, range(4)))
    assert torch.equal(torch.get_rng_state(), before)


def test_seeds_wrap_at_64_bits():
    assert image_seeds(2**64 - 1, range(2)) == [2**64 - 1, 0]
    assert torch.isfinite(step_noises(LATENT[:1], LEVELS, [2**64 - 1])[0]).all()


def test_noise_has_the_latent_s_type():
    assert step_noises(LATENT.double(), LEVELS, [1, 2, 3, 4])[0].dtype == torch.float64
