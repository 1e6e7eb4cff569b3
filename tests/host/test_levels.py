"""With a model that is always right, x at every level is alpha * image + sigma * unit noise."""

from types import SimpleNamespace

import comfy.k_diffusion.sampling as core
import comfy.model_sampling as host
import comfy.samplers
import fakes
import pytest
import torch
from fewstep.host.sampling.levels import read_levels, schedule, training_steps
from fewstep.host.sampling.samplers import make_sampler, recipe_sampler
from fewstep.recipes import builtin_recipes
from fewstep.samplers.noise import step_noises
from fewstep.schedulers import plan_timesteps, standard_sigma

EDM = host.ModelSamplingContinuousEDM
FLOW = host.ModelSamplingDiscreteFlow
MODELS = {
    "eps": fakes.model_sampling(host.EPS),
    "v": fakes.model_sampling(host.V_PREDICTION),
    "x0": fakes.model_sampling(host.X0),
    "zero snr": fakes.zero_snr(),
    "flow shift 1": fakes.model_sampling(host.CONST, FLOW),
    "flow shift 3": fakes.model_sampling(host.CONST, FLOW, shift=3.0),
    "flux shift 1": fakes.model_sampling(host.CONST, host.ModelSamplingFlux, shift=1.0),
    "flux shift 3": fakes.model_sampling(host.CONST, host.ModelSamplingFlux, shift=3.0),
    "edm": fakes.model_sampling(host.EDM, EDM),
}
FLOWS = [name for name in MODELS if name.startswith("flow") or name.startswith("flux")]
IMAGE = 0.7
SEED = 11
TOLERANCE = 1e-3


@pytest.mark.floor(gamma=0.3)
@pytest.mark.floor(name="edm")
@pytest.mark.parametrize(
    ("name", "gamma"),
    [
        (name, gamma)
        for name in MODELS
        for gamma in (0.0, 0.3, 0.8, 1.0)
        if name != "edm" or gamma in (0.0, 1.0)
    ],
)
def test_mean_and_deviation_are_right_at_every_level(name, gamma):
    """Exactly: x is the image and the noises drawn so far, whose weights are solved for.

    The noises are unit noise, and no two alike (tests/unit/test_noise.py), so squares add up.
    """
    sigmas, seen = _levels_of(name, gamma, (1, 4, 32, 32))
    drawn = [_first_noise(seen[0].shape)]
    drawn += step_noises(seen[0], sigmas, [SEED])[: len(seen) - 1]
    parts = torch.stack([torch.ones_like(seen[0]), *drawn]).flatten(1).double().T
    for x, sigma in zip(seen, sigmas, strict=False):
        weights = torch.linalg.lstsq(parts, x.double().flatten()).solution
        assert torch.allclose(parts @ weights, x.double().flatten(), atol=1e-5 * max(1, sigma))
        _assert_right(name, sigma, float(weights[0]), float(weights[1:].norm()))


@pytest.mark.parametrize("name", ["eps", "zero snr", "flow shift 3", "edm"])
def test_mean_and_deviation_of_samples_are_right_at_every_level(name):
    """8 million samples: the standard error of a deviation is 2.5e-4 of it."""
    gamma = 1.0 if name == "edm" else 0.3
    sigmas, seen = _levels_of(name, gamma, (1, 4, 1448, 1448), lambda x: (x.mean(), x.std()))
    for (mean, deviation), sigma in zip(seen, sigmas, strict=False):
        _assert_right(name, sigma, float(mean), float(deviation))


def _levels_of(name, gamma, shape, told=torch.clone):
    """The levels of a run, and what is `told` of x at each."""
    sampling, seen = MODELS[name], []
    # Below the top level, where the host starts with sqrt(1 + sigma^2) in place of sigma.
    sigmas = schedule(plan_timesteps(4, "trailing", 0.95), fakes.Patcher(sampling))
    guider = fakes.Guider(sampling, truth=torch.tensor(IMAGE))
    latent = torch.full(shape, IMAGE)
    fakes.run(
        make_sampler("tcd", gamma=gamma),
        guider,
        sigmas,
        _first_noise(shape),
        latent,
        callback=lambda _step, _image, x, _total: seen.append(told(x)),
        seed=SEED,
    )
    assert len(seen) == 4
    return sigmas.tolist(), seen


def _first_noise(shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(2))


def _assert_right(name, sigma, mean, deviation):
    alpha = 1 - sigma if name in FLOWS else 1
    assert mean == pytest.approx(alpha * IMAGE, abs=TOLERANCE * max(1, sigma))
    assert deviation == pytest.approx(sigma, rel=TOLERANCE)


def _both(ours, theirs, sampling, sigmas, noise):
    guider = fakes.Guider(sampling, fakes.smooth_network())

    def plain(model, x, levels, extra_args=None, callback=None, disable=None):
        drawn = step_noises(x, levels.tolist(), [7])

        def same_noise(sigma, _next):
            return drawn[int((levels == sigma).nonzero()[0])]

        draws = theirs in (core.sample_lcm, core.sample_euler_ancestral)
        knobs = {"noise_sampler": same_noise} if draws else {}
        return theirs(model, x, levels, extra_args, callback, disable, **knobs)

    expected = fakes.run(comfy.samplers.KSAMPLER(plain), guider, sigmas, noise.clone())
    got = fakes.run(ours, guider, sigmas, noise.clone())
    return float((got - expected).abs().max() / expected.abs().max())


@pytest.mark.floor(steps=4)
@pytest.mark.parametrize("steps", [1, 2, 4, 8])
@pytest.mark.parametrize("name", FLOWS)
def test_on_flow_models_gamma_0_is_euler_and_gamma_1_is_core_lcm(name, steps, largest):
    sampling = MODELS[name]
    sigmas = schedule(plan_timesteps(steps, "trailing"), fakes.Patcher(sampling))
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))
    error = _both(make_sampler("tcd", gamma=0.0), core.sample_euler, sampling, sigmas, noise)
    assert largest("flow, gamma 0 against core euler", error) < 1e-5
    error = _both(make_sampler("tcd", gamma=1.0), core.sample_lcm, sampling, sigmas, noise)
    assert largest("flow, gamma 1 against core lcm", error) < 1e-5


@pytest.mark.floor
@pytest.mark.parametrize("name", ["eps", "v", "x0", "zero snr", "edm"])
def test_on_other_models_ddim_is_euler_and_lcm_is_core_lcm(name, largest):
    sampling = MODELS[name]
    sigmas = schedule(plan_timesteps(4, "trailing"), fakes.Patcher(sampling))
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))
    error = _both(make_sampler("ddim"), core.sample_euler, sampling, sigmas, noise)
    # Core's Euler adds and takes away a sigma of 4518 in float32, which costs it five digits.
    tolerance = 2e-4 if name == "zero snr" else 1e-5
    assert largest(f"fixed steps against core euler, {name}", error) < tolerance
    error = _both(make_sampler("lcm"), core.sample_lcm, sampling, sigmas, noise)
    assert largest("LCM against core lcm", error) < 1e-5


@pytest.mark.floor
@pytest.mark.parametrize("name", ["eps", "v", *FLOWS])
def test_the_sampler_of_sdxl_turbo_is_core_s_euler_ancestral(name, largest):
    sampling = MODELS[name]
    sigmas = schedule(plan_timesteps(4, "trailing"), fakes.Patcher(sampling))
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))
    ours = recipe_sampler(builtin_recipes()["turbo/sdxl"], [7])
    error = _both(ours, core.sample_euler_ancestral, sampling, sigmas, noise)
    assert largest("ancestral against core euler_ancestral", error) < 1e-5


@pytest.mark.floor
def test_continuous_models_refuse_gamma_between_0_and_1():
    sampling = MODELS["edm"]
    sigmas = schedule([999, 499], fakes.Patcher(sampling))
    with pytest.raises(ValueError, match="Set gamma to 0"):
        fakes.run(
            make_sampler("tcd", gamma=0.3),
            fakes.Guider(sampling, truth=torch.tensor(0.0)),
            sigmas,
            torch.randn(1, 4, 8, 8),
        )


@pytest.mark.floor
def test_without_a_model_the_levels_are_the_host_s_table_bit_for_bit():
    table = host.ModelSamplingDiscrete().sigmas
    assert torch.equal(torch.tensor([standard_sigma(t) for t in range(1000)]), table)
    times = [999, 759, 499, 259]
    with_model = schedule(times, fakes.Patcher(MODELS["eps"]))
    assert torch.equal(schedule(times), with_model)
    assert torch.equal(with_model[:-1], table[torch.tensor(times)])


@pytest.mark.floor
def test_fractions_between_entries_are_the_host_s_interpolation():
    sampling = MODELS["eps"]
    expected = float(sampling.sigma(torch.tensor(936.5)))
    assert schedule([936.5])[0] == pytest.approx(expected, rel=1e-6)
    assert schedule([936.5], fakes.Patcher(sampling))[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.floor
@pytest.mark.parametrize("name", FLOWS)
def test_flow_levels_respect_the_shift(name):
    sampling = MODELS[name]
    sigmas = schedule([999, 749, 499, 249], fakes.Patcher(sampling))
    shares = torch.tensor([1.0, 0.75, 0.5, 0.25])
    times = shares if "flux" in name else shares * 1000
    expected = [float(sampling.sigma(time)) for time in times] + [0.0]
    assert sigmas.tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.floor
def test_a_distilled_table_keeps_its_timesteps():
    """Core's ModelSamplingDiscrete node set to lcm: 50 entries at t = 19, 39 ... 999."""
    from comfy_extras.nodes_model_advanced import LCM, ModelSamplingDiscreteDistilled

    class Distilled(ModelSamplingDiscreteDistilled, LCM):
        pass

    sampling = Distilled()
    levels = read_levels(sampling)
    assert (levels.first, levels.stride) == (19, 20)
    full = MODELS["eps"].sigmas
    assert torch.equal(
        schedule([999, 759, 499, 259], fakes.Patcher(sampling))[:-1],
        full[torch.tensor([999, 759, 499, 259])],
    )
    assert levels.lower(float(full[759]), 0.3) == pytest.approx(float(full[531]), rel=2e-3)


_KOLORS = SimpleNamespace(sampling_settings={"linear_end": 0.014, "timesteps": 1100})
# A model trained on 1100 timesteps, as Kolors is: (steps, spacing, denoise) and the timesteps.
KOLORS = [
    ((4, "trailing", 1.0), [1099, 824, 549, 274]),
    ((1, "trailing", 0.6), [659]),
    ((4, "grid", 1.0), [1099, 835, 549, 285]),
    ((4, "listed", 1.0), [999, 749, 499, 249]),
]


@pytest.mark.parametrize(("given", "times"), KOLORS)
def test_timesteps_are_spread_over_those_the_model_was_trained_on(given, times):
    sampling = fakes.model_sampling(host.EPS, config=_KOLORS)
    model = fakes.Patcher(sampling)
    assert training_steps(model) == 1100
    steps, spacing, denoise = given
    listed = "999, 749, 499, 249" if spacing == "listed" else ""
    planned = plan_timesteps(steps, spacing, denoise, listed, total=training_steps(model))
    assert planned == times
    assert schedule(planned, model).tolist()[:-1] == [float(sampling.sigmas[t]) for t in times]


def test_four_trailing_steps_of_1100_are_those_of_core_s_simple():
    sampling = fakes.model_sampling(host.EPS, config=_KOLORS)
    planned = plan_timesteps(4, "trailing", total=1100)
    ours = schedule(planned, fakes.Patcher(sampling))
    assert torch.equal(ours, comfy.samplers.simple_scheduler(sampling, 4))
