"""What one walk does with the model, the noise, the callback and its tensors."""

import numpy as np
import pytest
import torch
from fewstep.samplers.few_step import SAMPLE
from fewstep.samplers.levels import FlowLevels, TableLevels
from fewstep.schedulers import grid, standard_sigma

LEVELS = TableLevels(np.array([standard_sigma(t) for t in range(1000)]))
SIGMAS = torch.tensor([standard_sigma(t) for t in grid(8)] + [0.0])


def soft_model(x, sigma, **_):
    """Treats items apart: each is pulled to its own sign."""
    return torch.tanh(x / (1 + sigma.reshape(-1, 1, 1, 1)))


def noised(count=1, seed=3):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 4, 8, 8, generator=generator) * SIGMAS[0]


def tcd(x, sigmas=SIGMAS, gamma=0.3, seed=7, **knobs):
    extra_args = {"seed": seed}
    return SAMPLE["tcd"](
        soft_model, x, sigmas, extra_args, disable=True, levels=LEVELS, gamma=gamma, **knobs
    )


@pytest.mark.parametrize("cut", range(1, 8))
def test_two_halves_at_gamma_0_equal_the_whole(cut):
    x = noised()
    half = tcd(x, SIGMAS[: cut + 1], gamma=0.0)
    assert torch.equal(tcd(half, SIGMAS[cut:], gamma=0.0), tcd(x, gamma=0.0))


@pytest.mark.parametrize("steps", [4, 8])
def test_image_k_of_a_batch_equals_the_image_alone_with_seed_plus_k(steps):
    sigmas = torch.tensor([standard_sigma(t) for t in grid(steps)] + [0.0])
    x = noised(4)
    batch = tcd(x, sigmas, seed=100)
    for k in range(4):
        assert torch.equal(batch[k : k + 1], tcd(x[k : k + 1], sigmas, seed=100 + k))


def test_given_seeds_take_the_place_of_seed_plus_index():
    x = noised(2)
    chosen = tcd(x, seeds=[55, 7])
    assert torch.equal(chosen[:1], tcd(x[:1], seed=55))
    assert torch.equal(chosen[1:], tcd(x[1:], seed=7))


def test_callback_gets_images_in_order_that_nobody_changes_afterwards():
    told, copies = [], []

    def callback(state):
        told.append(state)
        copies.append({key: state[key].clone() for key in ("x", "denoised")})

    x = noised(2)
    SAMPLE["tcd"](soft_model, x, SIGMAS, {"seed": 1}, callback, True, levels=LEVELS, gamma=0.5)
    assert [state["i"] for state in told] == list(range(8))
    for state, copy, sigma in zip(told, copies, SIGMAS, strict=False):
        assert state["sigma"] == sigma
        assert torch.equal(state["x"], copy["x"])
        assert torch.equal(state["denoised"], copy["denoised"])
        assert torch.equal(state["denoised"], soft_model(state["x"], sigma.repeat(2)))


def test_input_is_not_changed():
    x = noised()
    before = x.clone()
    tcd(x)
    assert torch.equal(x, before)


def test_the_end_is_the_predicted_image():
    told = []
    result = SAMPLE["tcd"](
        soft_model, noised(), SIGMAS, {"seed": 1}, told.append, True, levels=LEVELS
    )
    assert torch.equal(result, told[-1]["denoised"])


def test_a_given_noise_sampler_is_used_once_for_each_step_that_needs_noise():
    asked = []

    def noise_sampler(sigma, sigma_next):
        asked.append((float(sigma), float(sigma_next)))
        return torch.zeros(1, 4, 8, 8)

    tcd(noised(), noise_sampler=noise_sampler)
    assert asked == list(zip(SIGMAS[:-2].tolist(), SIGMAS[1:-1].tolist(), strict=True))
    asked.clear()
    tcd(noised(), gamma=0.0, noise_sampler=noise_sampler)
    assert asked == []


def test_s_noise_scales_only_the_fresh_noise():
    x = noised()
    still = SAMPLE["lcm"](
        soft_model, x, SIGMAS[:2], {"seed": 1}, disable=True, levels=LEVELS, s_noise=0.0
    )
    loud = SAMPLE["lcm"](
        soft_model, x, SIGMAS[:2], {"seed": 1}, disable=True, levels=LEVELS, s_noise=2.0
    )
    plain = SAMPLE["lcm"](soft_model, x, SIGMAS[:2], {"seed": 1}, disable=True, levels=LEVELS)
    assert torch.equal(still, soft_model(x, SIGMAS[:1]))
    assert torch.allclose(loud - still, 2 * (plain - still), atol=1e-5)


def test_one_level_or_none_is_no_step():
    x = noised()
    assert torch.equal(tcd(x, SIGMAS[:1]), x)
    assert torch.equal(tcd(x, SIGMAS[:0]), x)


def test_flipped_levels_at_gamma_0_invert_the_walk():
    image = torch.tanh(noised() / SIGMAS[0]) * 0.5
    still = lambda x, sigma, **_: image  # noqa: E731
    up = SAMPLE["ddim"](still, image, SIGMAS.flip(0), {"seed": 4}, disable=True, levels=LEVELS)
    assert torch.isfinite(up).all()
    assert (up - image).std() == pytest.approx(float(SIGMAS[0]), rel=0.1)
    down = SAMPLE["ddim"](still, up, SIGMAS, {}, disable=True, levels=LEVELS)
    assert torch.equal(down, image)


def test_float64_and_half_latents_stay_what_they_are():
    for dtype in (torch.float64, torch.bfloat16):
        assert tcd(noised().to(dtype)).dtype == dtype


def test_video_and_packed_latents_have_any_number_of_dimensions():
    sigmas = torch.tensor([1.0, 0.5, 0.0])
    for shape in ((2, 16, 3, 4, 4), (1, 1, 40)):
        model = lambda x, sigma, **_: x * 0.5  # noqa: E731
        result = SAMPLE["lcm"](
            model, torch.ones(shape), sigmas, {"seed": 1}, None, True, levels=FlowLevels()
        )
        assert result.shape == shape


@pytest.mark.parametrize("gamma", [-0.1, 1.1, float("nan")])
def test_gamma_outside_0_to_1_is_an_error(gamma):
    with pytest.raises(ValueError, match="use a value from 0"):
        tcd(noised(), gamma=gamma)
