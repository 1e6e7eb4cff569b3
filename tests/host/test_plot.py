"""What the plot knows of models and samplers of the host."""

import comfy.model_sampling as host
import comfy.samplers
import pytest
import torch
from fakes import Patcher, model_sampling, zero_snr
from fewstep.host.sampling.levels import curve_of, schedule
from fewstep.host.sampling.samplers import HOST_SAMPLE, make_sampler, recipe_sampler
from fewstep.host.sampling.ways import walk_of
from fewstep.nodes.plot import FewStepPlot, _curve_line, _noise_line, _step_lines
from fewstep.pictures import time_of
from fewstep.recipes import builtin_recipes
from fewstep.schedulers import grid

pytestmark = pytest.mark.floor
FLOW = model_sampling(host.CONST, host.ModelSamplingDiscreteFlow, shift=3.0)


def test_the_curve_is_the_model_s():
    assert curve_of(None)[999] == pytest.approx(14.6146, rel=1e-5)
    assert curve_of(Patcher(zero_snr()))[999] > 4000
    flow = curve_of(Patcher(FLOW))
    assert flow[999] == 1 and flow[499] == pytest.approx(0.75)


@pytest.mark.parametrize("sampling", [model_sampling(host.EPS), zero_snr(), FLOW])
def test_timesteps_are_read_back_from_the_levels(sampling):
    patcher = Patcher(sampling)
    levels = schedule(grid(4), patcher).tolist()
    curve = curve_of(patcher)
    assert [time_of(level, curve) for level in levels[:-1]] == [999, 759, 499, 259]


def test_a_model_that_starts_lower_is_shown_from_there():
    sampling = model_sampling(host.EPS)
    sampling.set_sigmas(sampling.sigmas[:400])
    curve = curve_of(Patcher(sampling))
    assert time_of(float(sampling.sigma_max), curve) == 399


@pytest.mark.parametrize(
    ("sampler", "name", "shares"),
    [
        (make_sampler("tcd", gamma=0.3), "tcd, gamma 0.3", [0.91, 0.79, 0.68, 0]),
        (make_sampler("tcd", gamma=0.3, s_noise=0.5), "tcd, gamma 0.3", [0.455, 0.395, 0.34, 0]),
        (make_sampler("lcm"), "lcm", [1, 1, 1, 0]),
        (make_sampler("ddim"), "ddim", [0, 0, 0, 0]),
        (recipe_sampler(builtin_recipes()["turbo/sdxl"]), "ancestral", None),
    ],
)
def test_our_samplers_are_known(sampler, name, shares):
    walk = walk_of(sampler, schedule(grid(4)).tolist(), None)
    assert walk.name == name
    if shares:
        assert [way.fresh for way in walk.ways] == pytest.approx(shares, abs=0.01)


def test_the_dropdown_s_sampler_has_gamma_0_3():
    sampler = comfy.samplers.KSAMPLER(HOST_SAMPLE["tcd"])
    assert walk_of(sampler, [1.0, 0.0], None).name == "tcd, gamma 0.3"


def test_the_words_say_what_is_not_known():
    levels = schedule(grid(4)).tolist()
    curve = curve_of(None)
    assert _noise_line(None) == (
        "No sampler is connected, so where noise is added back is not shown."
    )
    euler = walk_of(comfy.samplers.sampler_object("euler"), levels, None)
    assert _noise_line(euler) == (
        "euler is not a sampler of FewStep: where it adds noise is not known."
    )
    assert "No model is connected: this is the noise curve of Stable" in _curve_line(
        levels, curve, None
    )
    assert "begin above it, at 4519" in _curve_line([4518.9, 0.0], curve, None)
    assert _step_lines(levels, curve)[0] == "4 steps from t = 999: 999 759 499 259"
    assert _step_lines(levels[:3], curve)[0] == (
        "2 steps from t = 999: 999 759, to t = 499 with the noise of that level left in"
    )
    assert _step_lines([], curve) == ["No steps: the latent stays as it is."]


@pytest.mark.parametrize("count", [0, 1, 2, 51])
def test_any_number_of_levels_is_drawn(count):
    levels = torch.linspace(14, 0, count) if count > 1 else torch.ones(count)
    (image,) = FewStepPlot.execute(levels, make_sampler("tcd", gamma=0.5), width=320).result
    assert image.shape[0] == 1 and image.shape[2:] == (320, 3)
