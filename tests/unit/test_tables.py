"""The step tables against diffusers in float64, their limits, and no NaN anywhere."""

import math
import sys
from itertools import pairwise
from pathlib import Path

import diffusers.schedulers.scheduling_lcm as lcm_module
import diffusers.schedulers.scheduling_tcd as tcd_module
import numpy as np
import pytest
import torch
from fewstep.samplers.levels import ContinuousLevels, FlowLevels, TableLevels
from fewstep.samplers.table import step_table
from fewstep.schedulers import grid, trailing
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from reference import (  # noqa: E402
    DDIMScheduler,
    LCMScheduler,
    TCDScheduler,
    scheduler,
    stable_diffusion_sigmas,
    zero_snr_sigmas,
)

STEPS = (1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 25, 50)
GAMMAS = (0.0, 0.2, 0.3, 0.5, 0.8, 1.0)
DENOISES = (1.0, 0.9, 0.6, 0.5, 0.3)
TABLES = {"standard": stable_diffusion_sigmas(), "zero snr": zero_snr_sigmas()}
TOLERANCE = 1e-9


def _walk(table, sigmas, x, noises, predict):
    """The sampler's arithmetic in float64: `predict(x_scaled, sigma)` gives the image."""
    for (keep, clean, fresh), sigma, z in zip(table, sigmas, noises, strict=False):
        image = predict(x / math.sqrt(1 + sigma**2), sigma)
        x = keep * x + clean * image + fresh * z
    return x


def _eps(x, sigma):
    """Any smooth function will do as a model's predicted noise."""
    return torch.tanh(x + math.log(1 + sigma)) - 0.3 * x.roll(1)


def _image(x, sigma):
    return x * math.sqrt(1 + sigma**2) - sigma * _eps(x, sigma)


def _compare(ours, reference):
    return float((ours - reference).abs().max() / reference.abs().max())


def _reference_walk(made, times, x, noises, monkeypatch, module, sigmas, **options):
    for t, z in zip(times, noises, strict=True):
        monkeypatch.setattr(module, "randn_tensor", lambda *_, z=z, **__: z)
        made_eps = _eps(x, float(sigmas[t]))
        x = made.step(made_eps, torch.tensor(t), x, return_dict=False, **options)[0]
    return x


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("gamma", GAMMAS)
def test_tcd_table_equals_diffusers_to_1e_9_in_float64(name, gamma, monkeypatch):
    sigmas = TABLES[name]
    levels = TableLevels(sigmas)
    made = scheduler(TCDScheduler, sigmas)
    for denoise in DENOISES:
        for steps in STEPS:
            if steps > int(50 * denoise):
                continue
            times = grid(steps, denoise)
            walked = [float(sigmas[t]) for t in times] + [0.0]
            noises = torch.randn(steps, 64, dtype=torch.float64)
            x = torch.randn(64, dtype=torch.float64)
            made.set_timesteps(steps, strength=denoise)
            expected = _reference_walk(
                made, times, x, noises, monkeypatch, tcd_module, sigmas, eta=gamma
            )
            table = step_table(
                walked, levels, lambda _, s: levels.lower(s, gamma), finish="diffusers"
            )
            start = x * math.sqrt(1 + walked[0] ** 2)
            assert _compare(_walk(table, walked, start, noises, _image), expected) < TOLERANCE


@pytest.mark.parametrize("name", TABLES)
def test_lcm_table_equals_diffusers_but_for_the_boundary_weights(name, monkeypatch):
    sigmas = TABLES[name]
    levels = TableLevels(sigmas)
    made = scheduler(LCMScheduler, sigmas)
    # c_skip and c_out of the paper, which we leave out, set to their limits 0 and 1.
    monkeypatch.setattr(made, "get_scalings_for_boundary_condition_discrete", lambda _: (0.0, 1.0))
    for steps in STEPS:
        times = grid(steps)
        walked = [float(sigmas[t]) for t in times] + [0.0]
        noises = torch.randn(steps, 64, dtype=torch.float64)
        x = torch.randn(64, dtype=torch.float64)
        made.set_timesteps(steps)
        expected = _reference_walk(made, times, x, noises, monkeypatch, lcm_module, sigmas)
        table = step_table(walked, levels, lambda *_: 0.0)
        start = x * math.sqrt(1 + walked[0] ** 2)
        assert _compare(_walk(table, walked, start, noises, _image), expected) < TOLERANCE


@pytest.mark.parametrize("steps", [n for n in STEPS if 1000 % n == 0])
def test_fixed_step_table_equals_ddim_trailing_where_its_rounding_agrees(steps):
    """Where N does not divide 1000, diffusers' DDIM steps to t - 1000 // N, not to the next t."""
    sigmas = TABLES["standard"]
    levels = TableLevels(sigmas)
    made = scheduler(DDIMScheduler, sigmas, timestep_spacing="trailing")
    made.set_timesteps(steps)
    walked = [float(sigmas[t]) for t in trailing(steps)] + [0.0]
    x = expected = torch.randn(64, dtype=torch.float64)
    for t in trailing(steps):
        expected = made.step(_eps(expected, float(sigmas[t])), t, expected).prev_sample
    table = step_table(walked, levels, lambda _, s: s, finish="diffusers")
    start = x * math.sqrt(1 + walked[0] ** 2)
    assert _compare(_walk(table, walked, start, [0.0] * steps, _image), expected) < TOLERANCE


@pytest.mark.parametrize(("gamma", "low"), [(0.2, 607), (0.3, 531), (0.5, 379), (1.0, 0)])
def test_gamma_goes_down_to_the_floored_timestep(gamma, low):
    sigmas = TABLES["standard"]
    assert TableLevels(sigmas).lower(float(sigmas[759]), gamma) == sigmas[low]


def test_a_level_between_entries_is_not_floored():
    sigmas = TABLES["standard"]
    levels = TableLevels(sigmas)
    between = math.sqrt(sigmas[700] * sigmas[701])
    assert levels.time(between) == pytest.approx(700.5, abs=1e-6)
    assert levels.lower(between, 0.5) == pytest.approx(math.sqrt(sigmas[350] * sigmas[351]), 1e-3)


def test_levels_from_float32_logarithms_still_have_whole_timesteps():
    sigmas = TABLES["standard"].astype(np.float32)
    rounded = np.exp(np.log(sigmas)).astype(np.float64)
    levels = TableLevels(sigmas.astype(np.float64))
    assert [levels.time(sigma) for sigma in rounded] == list(range(1000))


def test_gamma_0_is_ddim_and_gamma_1_renews_all_but_the_last_entry():
    sigmas = TABLES["standard"]
    levels = TableLevels(sigmas)
    walked = [float(sigmas[t]) for t in grid(8)] + [0.0]
    ddim = step_table(walked, levels, lambda _, s: s)
    assert step_table(walked, levels, lambda _, s: levels.lower(s, 0.0)) == ddim
    for step, sigma, sigma_next in zip(
        step_table(walked, levels, lambda _, s: levels.lower(s, 1.0)),
        walked,
        walked[1:-1],
        strict=False,
    ):
        assert step.keep == sigmas[0] / sigma
        assert step.fresh == math.sqrt(sigma_next**2 - sigmas[0] ** 2)


def test_flow_gamma_1_is_lcm():
    levels = FlowLevels()
    walked = [1.0, 0.9, 0.75, 0.4, 0.0]
    lcm = step_table(walked, levels, lambda *_: 0.0)
    assert step_table(walked, levels, lambda _, s: levels.lower(s, 1.0)) == lcm


KINDS = {
    "standard": (TableLevels(TABLES["standard"]), 14.7),
    "zero snr": (TableLevels(TABLES["zero snr"]), 4518.0),
    "distilled": (TableLevels(TABLES["standard"][19::20], 19, 20), 14.7),
    "flow": (FlowLevels(), 1.0),
    "continuous": (ContinuousLevels(), 120.0),
}


@settings(max_examples=400, deadline=None)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    shares=st.lists(st.floats(1e-7, 1.0), min_size=1, max_size=50),
    gamma=st.floats(0.0, 1.0),
    s_noise=st.floats(0.0, 2.0),
    finish=st.sampled_from(["clean", "diffusers"]),
    ends_at_zero=st.booleans(),
    rises=st.booleans(),
)
def test_no_nan_or_infinity_for_any_levels(
    kind, shares, gamma, s_noise, finish, ends_at_zero, rises
):
    levels, largest = KINDS[kind]
    gamma = round(gamma) if kind == "continuous" else gamma
    walked = sorted((share * largest for share in shares), reverse=not rises)
    walked = [0.0, *walked] if rises and ends_at_zero else walked + [0.0] * ends_at_zero
    table = step_table(
        walked, levels, lambda _, s: levels.lower(s, gamma), s_noise=s_noise, finish=finish
    )
    assert len(table) == len(walked) - 1
    for step, (_, sigma_next) in zip(table, pairwise(walked), strict=True):
        assert all(math.isfinite(weight) for weight in step)
        assert step.fresh <= sigma_next * s_noise + 1e-9


@settings(max_examples=200, deadline=None)
@given(
    steps=st.integers(1, 50),
    gamma=st.floats(0.0, 1.0),
    denoise=st.floats(0.02, 1.0),
    spacing=st.sampled_from([grid, trailing]),
)
def test_every_planned_step_lands_at_its_level(steps, gamma, denoise, spacing):
    """On an image of zeros and unit noise, the noise after a step has the deviation sigma_next."""
    try:
        times = spacing(steps, denoise)
    except ValueError:
        return
    sigmas = TABLES["standard"]
    levels = TableLevels(sigmas)
    walked = [float(sigmas[t]) for t in times] + [0.0]
    table = step_table(walked, levels, lambda _, s: levels.lower(s, gamma))
    for step, (sigma, sigma_next) in zip(table, pairwise(walked), strict=True):
        assert math.hypot(step.keep * sigma, step.fresh) == pytest.approx(sigma_next, rel=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0])
def test_a_level_below_the_table_is_not_overshot(gamma):
    """The table ends at 0.029: going down to it and not up again would leave too much noise."""
    levels = TableLevels(TABLES["standard"])
    (step,) = step_table([0.5, 0.01], levels, lambda _, s: levels.lower(s, gamma))
    assert math.hypot(step.keep * 0.5, step.fresh) == pytest.approx(0.01, rel=1e-12)


def test_sd_levels_on_a_flow_model_are_an_error_that_says_what_to_do():
    with pytest.raises(ValueError, match="Connect this model to the node that makes the SIGMAS"):
        step_table([14.6, 3.0, 0.0], FlowLevels(), lambda _, s: s)


def test_gamma_between_0_and_1_on_continuous_levels_is_an_error():
    levels = ContinuousLevels()
    with pytest.raises(ValueError, match="Set gamma to 0"):
        step_table([80.0, 3.0, 0.0], levels, lambda _, s: levels.lower(s, 0.3))


def test_unknown_finish_is_an_error():
    with pytest.raises(ValueError, match="clean, diffusers"):
        step_table([1.0, 0.0], FlowLevels(), lambda _, s: s, finish="sudden")


@pytest.mark.parametrize("levels", [ContinuousLevels(), FlowLevels()], ids=["image", "flow"])
def test_ancestral_adds_the_noise_of_eta_1(levels):
    """k-diffusion: up^2 = next^2 (sigma^2 - next^2) / sigma^2, and its sigma space has alpha 1."""
    walked = [0.9, 0.5, 0.2]
    table = step_table(walked, levels, lambda sigma, to: to**2 / sigma)
    for step, (sigma, to) in zip(table, pairwise(walked), strict=True):
        down = to**2 / sigma
        up = levels.alpha(to) / levels.alpha(down)
        assert step.keep == pytest.approx(up * down / sigma)
        assert step.fresh == pytest.approx(math.sqrt(to**2 - (up * down) ** 2))
        if levels.alpha(to) == 1:
            assert step.fresh**2 == pytest.approx(to**2 * (sigma**2 - to**2) / sigma**2)
