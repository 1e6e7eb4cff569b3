"""Each sampler of the registry goes as far down as its paper says, and has its own knobs alone."""

import numpy as np
import pytest
from fewstep.samplers import SAMPLERS
from fewstep.samplers.few_step import SAMPLE, knobs_of
from fewstep.samplers.levels import FlowLevels, TableLevels
from fewstep.schedulers import standard_sigma

TABLE = TableLevels(np.array([standard_sigma(time) for time in range(1000)]))
# From sigma and sigma_next; see the table in samplers/registry.py for the papers.
LOWS = {
    "lcm": lambda sigma, after: 0.0,
    "ddim": lambda sigma, after: after,
    "ancestral": lambda sigma, after: after**2 / sigma,
}


@pytest.mark.parametrize("name", LOWS)
@pytest.mark.parametrize("levels", [TABLE, FlowLevels()], ids=["table", "flow"])
def test_a_step_goes_down_as_far_as_the_paper_says(name, levels):
    low = SAMPLERS[name].low(levels, 0.3)
    for sigma, after in ((1.0, 0.76), (0.5, 0.26), (0.26, 0.0), (0.0, 0.5)):
        # From level 0 there is nowhere further down.
        expected = LOWS[name](sigma, after) if sigma else 0.0
        assert low(sigma, after) == pytest.approx(expected, rel=1e-15)
    assert name != "ddim" or low(0.9, 0.7) == 0.7


def test_tcd_goes_down_to_the_level_of_its_share_of_the_next_time():
    low = SAMPLERS["tcd"].low(TABLE, 0.3)
    # floor(0.7 * 759) = 531, arXiv 2402.19159, Algorithm 4.
    assert low(standard_sigma(999), standard_sigma(759)) == standard_sigma(531)
    assert SAMPLERS["tcd"].low(FlowLevels(), 0.3)(1.0, 0.5) == pytest.approx(0.35)


@pytest.mark.parametrize("gamma", [-0.1, 1.01, float("nan")])
def test_a_gamma_outside_its_range_is_refused(gamma):
    with pytest.raises(ValueError, match="use a value from 0"):
        SAMPLERS["tcd"].low(TABLE, gamma)


def test_every_sampler_is_known_here_and_has_its_function():
    assert {*LOWS, "tcd"} == set(SAMPLERS) == set(SAMPLE)
    for name, sample in SAMPLE.items():
        assert sample.__name__ == f"sample_{name}"


def test_a_knob_that_a_sampler_lacks_is_refused_and_not_ignored():
    with pytest.raises(TypeError, match="The sampler ddim has no gamma: leave it out."):
        knobs_of(SAMPLERS["ddim"], {"gamma": 0.3})
    assert knobs_of(SAMPLERS["tcd"], {"gamma": 0.5}).gamma == 0.5


def test_what_draws_noise_takes_seeds():
    drawing = {name for name, sampler in SAMPLERS.items() if sampler.draws_noise}
    assert drawing == {"tcd", "lcm", "ancestral"}
