"""Strengths by step: how they are written, and which one a level of noise has."""

import pytest
from fewstep.schedulers import parse_strengths, strength_at
from hypothesis import given, settings
from hypothesis import strategies as st


def test_a_list_is_read_as_people_write_it():
    assert parse_strengths("1, 1, 0.6, 0.3") == [1, 1, 0.6, 0.3]
    assert parse_strengths(" [1,0,] ") == [1, 0]
    assert parse_strengths("1 1；0.6") == [1, 1, 0.6]
    assert parse_strengths("-1, 1") == [-1, 1]
    assert parse_strengths(" ") == []


@pytest.mark.parametrize("text", ["1, x", "nan", "inf", "1e9", "1-4", "[1] 0"])
def test_a_wrong_entry_is_named(text):
    with pytest.raises(ValueError, match="is not a strength. Write one number a step"):
        parse_strengths(text)


def test_a_decimal_comma_between_other_signs_is_asked_about():
    with pytest.raises(ValueError, match=r"Write decimal points: 0\.6; 0\.3\."):
        parse_strengths("0,6; 0,3")
    with pytest.raises(ValueError, match=r"Write decimal points: 0\.125\."):
        parse_strengths("0,125")


SIGMAS = [14.6, 4.1, 1.6, 0.7, 0.0]


def test_each_step_has_its_own_and_the_last_repeats():
    assert [strength_at(sigma, SIGMAS, [1, 0.5]) for sigma in SIGMAS[:-1]] == [1, 0.5, 0.5, 0.5]
    assert strength_at(4.1, SIGMAS, [0.3]) == 0.3


def test_a_level_passed_on_the_way_belongs_to_the_step_that_passes_it():
    assert strength_at(8.0, SIGMAS, [1, 2, 3, 4]) == 1
    assert strength_at(1.0, SIGMAS, [1, 2, 3, 4]) == 3
    assert strength_at(0.3, SIGMAS, [1, 2, 3, 4]) == 4


def test_rising_levels_count_from_their_own_start():
    rising = SIGMAS[::-1]
    assert [strength_at(sigma, rising, [1, 2, 3, 4]) for sigma in rising[:-1]] == [1, 2, 3, 4]
    assert strength_at(1.0, rising, [1, 2, 3, 4]) == 2


def test_half_precision_of_a_level_does_not_move_it_to_another_step():
    # 14.6146 in float16 is 14.6172, and 0.0292 is 0.02919.
    assert strength_at(14.6172, [14.6146, 4.08, 0.0], [1, 2]) == 1
    assert strength_at(4.082, [14.6146, 4.0817, 0.0], [1, 2]) == 2


@settings(deadline=None)
@given(
    st.lists(st.floats(0.01, 100), min_size=1, max_size=9, unique=True),
    st.lists(st.floats(-2, 2), min_size=1, max_size=9),
    st.floats(0.001, 200),
)
def test_any_level_has_one_of_the_strengths(levels, strengths, sigma):
    assert strength_at(sigma, [*sorted(levels, reverse=True), 0.0], strengths) in strengths
