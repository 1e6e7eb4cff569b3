"""Noise belongs to the image and the step."""

import pytest
import torch
from fewstep.samplers.noise import first_noise, image_seeds, step_noise

LATENT = torch.zeros(4, 4, 16, 16)


def test_initial_noise_of_image_k_is_that_of_a_single_image_with_seed_plus_k():
    batch = first_noise((4, 4, 16, 16), image_seeds(90, range(4)))
    for k in range(4):
        torch.manual_seed(90 + k)
        assert torch.equal(batch[k : k + 1], torch.randn(1, 4, 16, 16))


def test_step_noise_of_image_k_is_that_of_a_single_image_with_seed_plus_k():
    batch = step_noise(LATENT, 2, image_seeds(90, range(4)))
    for k in range(4):
        assert torch.equal(batch[k : k + 1], step_noise(LATENT[:1], 2, [90 + k]))


def test_no_two_streams_are_alike():
    """Steps, neighbouring seeds and the initial noise of the same seed: correlations stay small."""
    draws = [step_noise(LATENT[:1], step, [seed]) for seed in (0, 1, 2) for step in range(4)]
    draws += [first_noise((1, 4, 16, 16), [seed]) for seed in (0, 1, 2, 3)]
    flat = torch.stack([draw.flatten() for draw in draws])
    correlation = torch.corrcoef(flat) - torch.eye(len(draws))
    # 1024 samples: the standard error is 0.031.
    assert correlation.abs().max() < 0.16


def test_step_noise_is_unit_noise():
    noise = step_noise(torch.zeros(1, 4, 256, 256), 0, [5])
    assert noise.mean().abs() < 0.01
    assert noise.std() == pytest.approx(1, abs=0.01)


def test_drawing_leaves_the_global_generator_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    step_noise(LATENT, 0, image_seeds(3, range(4)))
    first_noise((4, 4, 16, 16), image_seeds(3, range(4)))
    assert torch.equal(torch.get_rng_state(), before)


def test_seeds_wrap_at_64_bits():
    assert image_seeds(2**64 - 1, range(2)) == [2**64 - 1, 0]
    assert torch.isfinite(step_noise(LATENT[:1], 0, [2**64 - 1])).all()


def test_noise_has_the_latent_s_type():
    assert step_noise(LATENT.double(), 0, [1, 2, 3, 4]).dtype == torch.float64
