"""CFG by step, and schedules parted at a level."""

from fractions import Fraction

import pytest
from fewstep.recipes import builtin_recipes, run_settings
from fewstep.recipes.combinations import combinations
from fewstep.recipes.setting_lists import CFGS
from fewstep.schedulers import (
    Subject,
    cfg_text,
    high_steps,
    parse_cfgs,
    parse_scales,
    split_at,
    split_text,
    strength_at,
)

SHIFTS = (3, 5, 8, 12, 16)
BOUNDARIES = (Fraction(7, 8), Fraction(9, 10))


def _levels(shift, steps):
    """The flow's levels as fractions: no float error decides a tie."""
    us = [1 - Fraction(i, steps) for i in range(steps)]
    return [shift * u / (1 + (shift - 1) * u) for u in us]


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_high_steps_are_those_at_or_above_the_boundary_in_all_cells(shift, boundary):
    """Wan 2.2's rule, t >= boundary, for 1 to 20 steps; float32 and float64 levels alike."""
    import numpy

    for steps in range(1, 21):
        exact = _levels(shift, steps)
        wanted = sum(level >= boundary for level in exact)
        for kind in (float, numpy.float32):
            sigmas = [float(kind(float(level))) for level in exact] + [0.0]
            assert high_steps(sigmas, float(boundary)) == wanted, (steps, kind)


def test_ties_count_as_high_and_are_among_the_cells():
    ties = [
        (shift, steps)
        for shift in SHIFTS
        for steps in range(1, 21)
        for boundary in BOUNDARIES
        if boundary in _levels(shift, steps)
    ]
    assert {(5, 12), (5, 14), (8, 15), (8, 17), (12, 7)} <= set(ties)
    # In float64 this level is 0.8999999999999999.
    assert high_steps([*map(float, _levels(12, 7)), 0.0], 0.9) == 5


@pytest.mark.parametrize(
    "shift, counts",
    {
        5: {4: (2, 2), 5: (3, 2), 6: (3, 3), 8: (4, 3), 10: (5, 4), 20: (9, 8)},
        8: {4: (3, 2), 5: (3, 3), 6: (4, 3), 8: (5, 4), 10: (6, 5), 20: (11, 10)},
        12: {4: (3, 3), 5: (4, 3), 6: (4, 4), 8: (6, 5), 10: (7, 6), 20: (13, 12)},
        16: {4: (3, 3), 5: (4, 4), 6: (5, 4), 8: (6, 6), 10: (7, 7), 20: (14, 13)},
    }.items(),
)
def test_the_published_numbers_of_high_noise_steps(shift, counts):
    """T2V at 0.875 / I2V at 0.9, as facts/models-2026-more.md has them."""
    for steps, wanted in counts.items():
        sigmas = [*map(float, _levels(shift, steps)), 0.0]
        assert (high_steps(sigmas, 0.875), high_steps(sigmas, 0.9)) == wanted


def test_the_parts_share_the_level_between_them():
    high, low = split_at([1.0, 0.9375, 0.8333, 0.625, 0.0], 0.875)
    assert (high, low) == ([1.0, 0.9375, 0.8333], [0.8333, 0.625, 0.0])
    assert split_text(high, low, 0.875) == "2 steps at or above 0.875, 2 below."


def test_a_part_without_steps_is_empty_and_says_what_to_do():
    high, low = split_at([0.6, 0.3, 0.0], 0.875)
    assert (high, low) == ([], [0.6, 0.3, 0.0])
    assert "give the noise to the sampler of low" in split_text(high, low, 0.875)
    high, low = split_at([1.0, 0.9], 0.875)
    assert (high, low) == ([1.0, 0.9], [])
    assert "low is empty" in split_text(high, low, 0.875)
    assert split_at([], 0.875) == ([], [])
    assert split_at([14.6, 4.1, 0.0], 5.0) == ([14.6, 4.1], [4.1, 0.0])


def test_levels_that_rise_cannot_be_split():
    with pytest.raises(ValueError, match="only falling ones can be split"):
        split_at([0.0, 0.5, 1.0], 0.9)


def test_cfg_by_step_is_read_as_people_write_it():
    assert parse_cfgs("3.5, 3.5, 1", 4) == (3.5, 3.5, 1)
    assert parse_cfgs("3.5；1", 2) == (3.5, 1)
    assert parse_cfgs(" ", 4) == ()
    assert parse_cfgs("2, 2", 4) == (2,)
    assert parse_cfgs("0, 3", 4, own=1.5) == (1.5, 3)


@pytest.mark.parametrize("text", ["x", "1, -2", "0, 1", "nan", "101"])
def test_a_wrong_cfg_is_named(text):
    with pytest.raises(ValueError, match="is not a CFG. Write one number a step"):
        parse_cfgs(text, 4)


@pytest.mark.parametrize(
    "steps, words", [(1, "steps is 1. Take out 2"), (2, "steps is 2. Take out 1")]
)
def test_more_cfgs_than_steps_is_one_sentence(steps, words):
    with pytest.raises(ValueError, match=words):
        parse_cfgs("3.5, 2, 1", steps)


def test_scales_begin_at_1():
    assert parse_scales("5, 3, 1") == (5, 3, 1)
    with pytest.raises(ValueError, match='"0.5" is not a scale from 1'):
        parse_scales("0.5")


def test_each_of_50_steps_at_any_shift_has_its_own_cfg():
    for shift in (*SHIFTS, 100):
        sigmas = [*map(float, _levels(shift, 50)), 0.0]
        cfgs = [float(step + 1) for step in range(50)]
        assert [strength_at(sigma, sigmas, cfgs) for sigma in sigmas[:-1]] == cfgs


RECIPE = builtin_recipes()["tcd/sd15-lora"]


def test_cfgs_win_over_cfg_and_the_text_says_so():
    settings = run_settings(RECIPE, 4, 2.0, 1.0, cfgs="3.5, 3.5, 1")
    assert settings.cfgs == (3.5, 3.5, 1)
    assert "CFG 3.5, 3.5, 1 by step" in settings.text
    assert "The list in cfgs is used, in place of cfg." in settings.text
    assert "no effect in steps with CFG 1" in settings.text
    assert run_settings(RECIPE, 4, 2.0, 1.0).cfgs == (2.0,)
    assert "cfgs" not in run_settings(RECIPE, 4, 2.0, 1.0).text


def test_0_in_cfgs_is_the_recipe_s_own():
    own = RECIPE.cfg.default
    assert run_settings(RECIPE, 4, 0, 1.0, cfgs="0, 2.5").cfgs == (own, 2.5)


def test_a_run_without_steps_takes_any_list():
    assert run_settings(RECIPE, 4, 0, 0.0, cfgs="3, 2, 1").plan.levels == []


def test_a_sheet_varies_cfg_by_step():
    assert CFGS.parse("1, 3.5/1, 2") == [1, "3.5/1", 2]
    with pytest.raises(ValueError, match='"3.5/1" is in cfgs twice'):
        CFGS.parse("3.5/1, 3.50/1")
    cells = combinations(RECIPE, "4", "-1", "1, 3.5/1", "", 1.0, Subject()).cells
    assert [cell.settings.cfgs for cell in cells] == [(1,), (3.5, 1)]
    assert [cell.label for cell in cells] == [["CFG 1"], ["CFG 3.5, 1 by step"]]
    # Twice in the first step, once in the three others.
    assert [cell.calls for cell in cells] == [4, 5]
    with pytest.raises(ValueError, match="cfgs has 3 numbers, and steps is 2"):
        combinations(RECIPE, "2", "-1", "3/2/1", "", 1.0, Subject())


def test_cfg_in_words():
    assert cfg_text([2.0]) == "CFG 2"
    assert cfg_text([3.5, 1]) == "CFG 3.5, 1 by step"
