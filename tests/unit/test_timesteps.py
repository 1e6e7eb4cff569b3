"""Timesteps are those of the reference implementations, at any denoise."""

import pytest
from diffusers import DDIMScheduler, LCMScheduler, TCDScheduler
from fewstep.schedulers import grid, leading, parse_timesteps, plan_timesteps, trailing

STABLE_DIFFUSION = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


@pytest.mark.parametrize("reference", [TCDScheduler, LCMScheduler])
def test_grid_equals_diffusers_for_all_steps_and_denoise(reference):
    scheduler = reference(**STABLE_DIFFUSION)
    for percent in range(2, 101):
        denoise = percent / 100
        for steps in range(1, int(50 * denoise) + 1):
            scheduler.set_timesteps(steps, strength=denoise)
            assert grid(steps, denoise) == scheduler.timesteps.tolist(), (steps, denoise)


def _of_diffusers(scheduler, steps):
    """Without the extra -1 that rounding in numpy's arange adds for some numbers of steps."""
    scheduler.set_timesteps(steps)
    times = scheduler.timesteps.tolist()
    return times[:-1] if times[-1] < 0 else times


@pytest.mark.parametrize("spacing", [trailing, leading])
def test_trailing_and_leading_equal_diffusers(spacing):
    scheduler = DDIMScheduler(**STABLE_DIFFUSION, timestep_spacing=spacing.__name__, steps_offset=1)
    for steps in range(1, 101):
        assert spacing(steps) == _of_diffusers(scheduler, steps), steps


def test_trailing_with_denoise_equals_diffusers_with_fewer_training_steps():
    for percent in range(1, 101):
        scheduler = DDIMScheduler(num_train_timesteps=10 * percent, timestep_spacing="trailing")
        for steps in range(1, min(50, 10 * percent) + 1):
            assert trailing(steps, percent / 100) == _of_diffusers(scheduler, steps)


@pytest.mark.parametrize(
    ("spacing", "steps", "denoise", "times"),
    [
        ("grid", 4, 1.0, [999, 759, 499, 259]),
        ("trailing", 4, 1.0, [999, 749, 499, 249]),
        ("leading", 4, 1.0, [751, 501, 251, 1]),
        ("grid", 4, 0.6, [599, 459, 299, 159]),
        ("trailing", 4, 0.6, [599, 449, 299, 149]),
    ],
)
def test_timesteps_of_the_design(spacing, steps, denoise, times):
    assert plan_timesteps(steps, spacing, denoise) == times


@pytest.mark.parametrize("spacing", ["grid", "trailing"])
@pytest.mark.parametrize("steps", range(1, 9))
def test_steps_stay_as_many_and_start_at_the_asked_level(spacing, steps):
    for tenth in range(2, 11):
        times = plan_timesteps(steps, spacing, tenth / 10)
        assert len(times) == steps
        assert times[0] == 100 * tenth - 1
        assert times == sorted(set(times), reverse=True)


def test_one_step_at_denoise_06_starts_at_599():
    assert plan_timesteps(1, "grid", 0.6) == [599]


def test_denoise_0_has_no_steps():
    for spacing in ("grid", "trailing", "leading"):
        assert plan_timesteps(4, spacing, 0.0) == []


def test_keep_trained_timesteps_takes_those_at_or_below_the_start():
    keep = "keep trained timesteps"
    assert plan_timesteps(4, "trailing", 0.6, img2img=keep) == [499, 249]
    assert plan_timesteps(4, "trailing", 0.5, img2img=keep) == [499, 249]
    assert plan_timesteps(4, "trailing", 1.0, img2img=keep) == [999, 749, 499, 249]
    with pytest.raises(ValueError, match="Use a denoise of 1 or more"):
        plan_timesteps(1, "trailing", 0.6, img2img=keep)


def test_a_list_keeps_what_lies_at_or_below_the_start():
    assert plan_timesteps(9, "listed", 0.6, "999, 599, 199") == [599, 199]


@pytest.mark.parametrize(
    ("spacing", "steps", "denoise", "largest"), [("grid", 8, 0.1, 5), ("trailing", 30, 0.02, 20)]
)
def test_too_many_steps_is_an_error_naming_the_largest_number(spacing, steps, denoise, largest):
    with pytest.raises(ValueError, match=f"at most {largest} steps fit"):
        plan_timesteps(steps, spacing, denoise)
    assert len(plan_timesteps(largest, spacing, denoise)) == largest


def test_a_denoise_below_the_first_level_is_an_error():
    with pytest.raises(ValueError, match="too low for a single step"):
        plan_timesteps(1, "grid", 0.01)


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("999, 749, 499, 249", [999, 749, 499, 249]),
        ("800", [800]),
        ("1.0, 0.75, .5", [999, 749, 499]),
        ("[999, 499]", [999, 499]),
        ("1., 0.9375", [999, 936.5]),
        ("999,499,", [999, 499]),
        ("999 749;499", [999, 749, 499]),
        ("999，749、499；249", [999, 749, 499, 249]),
    ],
)
def test_lists_of_whole_timesteps_and_fractions(text, times):
    assert parse_timesteps(text) == times


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("999, 1200", "1200"),
        ("1000, 500", "1000"),
        ("abc", "abc"),
        ("259, 499", "499"),
        ("499, 499", "499"),
        ("", "empty"),
        ("  ", "empty"),
        ("999,,499", '"999,,499" has no entry before it'),
        ("999-499", "999-499"),
        ("0,75", r"Write decimal points: 0\.75\."),
        ("1,0, 0,75", r"Write decimal points: 1\.0, 0\.75\."),
        ("-5", "-5"),
        ("1e2", "1e2"),
        ("nan", "nan"),
        ("0.0", "0.0"),
        ("937.5", "937.5"),
    ],
)
def test_a_wrong_list_is_an_error_that_names_the_entry(text, named):
    with pytest.raises(ValueError, match=named):
        parse_timesteps(text)
