"""Levels of shifts and lists without a model: against diffusers, and what a recipe may say."""

import pytest
from diffusers import FlowMatchEulerDiscreteScheduler
from diffusers.pipelines.flux2.pipeline_flux2 import compute_empirical_mu
from fewstep.recipes import Recipe, run_settings
from fewstep.schedulers import (
    IMG2IMG,
    Grid,
    Subject,
    parse_levels,
    plan_levels,
    standard_sigma,
)

FLOW = Subject(True, lambda time: (time + 1) / 1000, tokens=4096)


def _levels(grid, steps=4, denoise=1.0, subject=FLOW, img2img=IMG2IMG[0]):
    return plan_levels(grid, steps, denoise, subject, img2img).levels


@pytest.mark.parametrize("shift", [0.5, 1, 1.5, 2, 3, 3.158192909689767, 5, 7, 8, 12])
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 6, 7, 8, 9, 16])
def test_a_number_is_diffusers_shift_at_any_number_of_steps(shift, steps):
    scheduler = FlowMatchEulerDiscreteScheduler(shift=float(shift))
    scheduler.set_timesteps(sigmas=[1 - step / steps for step in range(steps)])
    expected = scheduler.sigmas.tolist()[:-1]
    assert _levels(Grid("trailing", shift=shift), steps) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("tokens", [256, 1024, 4032, 4299, 4300, 4301, 6889, 16384])
@pytest.mark.parametrize("steps", [1, 4, 8, 28, 50])
def test_flux2_s_mu_is_the_vendor_s_on_both_sides_of_4300_tokens(tokens, steps):
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    nodes = [1 - step / steps for step in range(steps)]
    scheduler.set_timesteps(sigmas=nodes, mu=compute_empirical_mu(tokens, steps))
    found = _levels(Grid("trailing", shift="flux2"), steps, subject=FLOW._replace(tokens=tokens))
    assert found == pytest.approx(scheduler.sigmas.tolist()[:-1], abs=1e-6)


@pytest.mark.parametrize("steps", [1, 2, 4, 8])
@pytest.mark.parametrize("denoise", [1.0, 0.6])
def test_a_terminal_is_the_last_level_and_the_first_stays(steps, denoise):
    shift = {"mu": [0.5, 0.9], "tokens": [256, 8192], "terminal": 0.02}
    levels = _levels(Grid("trailing", shift=shift), steps, denoise)
    assert len(levels) == steps and levels == sorted(levels, reverse=True)
    assert all(0 < level <= 1 for level in levels)
    if steps > 1:
        assert levels[-1] == pytest.approx(0.02)
    if denoise == 1:
        assert levels[0] == 1


def test_steps_that_do_not_divide_1000_are_exact_and_not_those_of_whole_timesteps():
    found = _levels(Grid("trailing", shift=5), 6)
    assert found == pytest.approx([1, 25 / 26, 10 / 11, 5 / 6, 5 / 7, 0.5], abs=1e-12)


def test_without_a_shift_the_timesteps_stay_whole_as_they_were():
    plan = plan_levels(Grid("trailing"), 6, 1.0, FLOW)
    assert plan.times == [999, 832, 666, 499, 332, 166] and plan.shift is None
    assert plan.levels == [(time + 1) / 1000 for time in plan.times]


@pytest.mark.parametrize("grid", [Grid("trailing", shift=3), Grid("listed", nodes=(1, 0.7, 0.2))])
def test_keep_trained_takes_those_of_the_full_schedule_at_or_below_the_start(grid):
    full = _levels(grid)
    kept = _levels(grid, 4, 0.5, img2img=IMG2IMG[1])
    assert kept == full[2:]
    with pytest.raises(ValueError, match="Use a higher denoise"):
        _levels(grid, 4, 0.1, img2img=IMG2IMG[1])


def test_a_list_of_an_eps_model_starts_at_the_level_of_its_timestep():
    table = Subject(False, standard_sigma)
    grid = Grid("listed", sigmas=(14.6146, 5.0, 1.2, 0.3))
    assert _levels(grid, subject=table) == [14.6146, 5.0, 1.2, 0.3]
    assert _levels(grid, 4, 0.5, table) == [standard_sigma(499), 1.2, 0.3]
    with pytest.raises(ValueError, match="Connect the model"):
        _levels(grid, 4, 0.5, Subject())
    with pytest.raises(ValueError, match="no flow model"):
        _levels(Grid("trailing", shift=3.0), subject=table)


def test_denoise_0_has_no_steps_whatever_makes_the_levels():
    for grid in (Grid("trailing", shift=3), Grid("grid", shift=3), Grid("listed", sigmas=(1, 0.5))):
        assert _levels(grid, denoise=0.0) == []


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("1, 0.99375, .725", [1, 0.99375, 0.725]),
        ("[14.6146 2.9183; 0]", [14.6146, 2.9183]),
        ("1，0.5、0.25", [1, 0.5, 0.25]),
    ],
)
def test_lists_of_levels_are_read_as_people_write_them(text, levels):
    assert parse_levels(text) == levels


def _fields(**fields):
    return {
        **{"id": "mine/one", "name": "One", "family": "Mine", "base": "FLUX.1", "kind": "LoRA"},
        **{"sampler": "ddim", "spacing": "trailing", "prediction": "flow"},
        **{"steps": [4, 1, 8], "cfg": [1, 1, 1]},
        **fields,
    }


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"shift": 0}, "'shift': 0 is not a number from 0.01 to 100"),
        ({"shift": "flux3"}, "'shift': 'flux3' is not a number"),
        ({"shift": {"mu": [0.5, 1.15]}}, "'shift': tokens is None"),
        ({"shift": {"mu": [0.5], "tokens": [256, 4096]}}, "'shift': mu is"),
        ({"shift": {"mu": [0.5, 1], "tokens": [4096, 256]}}, "do not rise"),
        ({"shift": {"mu": [0.5, 1], "tokens": [256, 4096], "patch": 2}}, "unknown part 'patch'"),
        ({"shift": 3, "prediction": "eps"}, "'shift': only flow models"),
        ({"spacing": "listed"}, "'timesteps' is empty"),
        ({"u": [1, 0.5]}, "'u': it goes with the spacing listed"),
        ({"u": [1, 0.5], "sigmas": [1, 0.5], "spacing": "listed"}, "no other list"),
        ({"u": [1.5, 0.5], "spacing": "listed"}, "'u': 1.5 is above 1"),
        ({"u": {"3": [1, 0.5]}, "spacing": "listed"}, "'u': the list for '3' steps has 2"),
        ({"sigmas": [0.5, 1], "spacing": "listed"}, 'Level "1" is not below'),
        ({"sigmas": [1, 0.5], "spacing": "listed", "shift": 3}, "leave out the shift"),
        ({"sampler": "comfy:"}, "nor one of ComfyUI's"),
        ({"sampler_options": {"s_noise": 1}}, "'sampler_options': they are for samplers of"),
        ({"sampler": "comfy:lcm", "sampler_options": {"s_noise": [1]}}, "is no number"),
        ({"step_strengths": "1, x"}, "'step_strengths': \"x\" is not a strength"),
        ({"step_strengths": "1, 0", "kind": "UNet"}, "only a LoRA"),
        ({"half": "upper"}, "'half': 'upper' is none of"),
        ({"stacks": "yes"}, "'stacks'"),
        ({"files": [{"name": "a", "alpha": -1}]}, "'files': -1 is not a number"),
    ],
)
def test_a_wrong_field_of_a_recipe_is_named_with_what_is_wrong(fields, named):
    with pytest.raises(ValueError) as error:
        Recipe.from_json(_fields(**fields))
    assert named in str(error.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"shift": {"mu": [0.5, 0.9], "tokens": [256, 8192], "terminal": 0.02}},
        {"shift": "flux2", "spacing": "listed", "u": [1, 0.75, 0.5, 0.25]},
        {"spacing": "listed", "sigmas": {"8": [1, *(0.9 - 0.1 * i for i in range(7))]}},
        {"spacing": "listed", "sigmas": {"2": [1, 0.5], "stage 2": [0.9, 0.4, 0]}},
        {"sampler": "comfy:lcm", "sampler_options": {"s_noise": 1.02}, "half": "high"},
        {"step_strengths": "1, 1, 0", "stacks": True},
    ],
)
def test_a_recipe_is_read_back_from_its_json_as_it_was(fields):
    import json

    recipe = Recipe.from_json(_fields(**fields))
    assert Recipe.from_json(json.loads(recipe.to_json(["in words"]))) == recipe


def test_a_shift_set_by_hand_is_refused_where_it_would_change_nothing():
    literal = Recipe.from_json(_fields(spacing="listed", sigmas=[1, 0.5]))
    with pytest.raises(ValueError, match="lists its levels as they stand"):
        literal.changed(0, 0, -1, -1, 3.0)
    eps = Recipe.from_json(_fields(prediction="eps", base="SD 1.5"))
    with pytest.raises(ValueError, match="is for no flow model"):
        eps.changed(0, 0, -1, -1, 3.0)
    assert Recipe.from_json(_fields(shift=5)).changed(0, 0, -1, -1, 3.0).shift == 3.0


def test_the_text_names_the_first_level_of_a_list_below_denoise_1():
    recipe = Recipe.from_json(_fields(spacing="listed", sigmas=[1, 0.9, 0.725, 0.421875]))
    text = run_settings(recipe, 4, 0, 0.8, subject=FLOW).text
    assert "3 steps from level 0.8 at denoise 0.8" in text
    assert "levels 0.8 0.725 0.4219, as the recipe lists them" in text
