"""The reference of a comparison, its faults, and the cheapest setting that is near enough."""

import pytest
from fewstep.recipes import Measures, builtin_recipes, combinations, judge, reference_of

TCD = builtin_recipes()["tcd/sd15-lora"]
SAME = Measures(1.0, 0.0, 1.0, 1.0)


def cells(steps="1, 4, 8", gammas="-1", cfgs="0"):
    return combinations(TCD, steps, gammas, cfgs, "", 1.0).cells


def verdict(measured, tolerance=0.2, of=None):
    of = of or cells()
    return judge(of, measured, reference_of(of, ""), tolerance)


@pytest.mark.parametrize(
    ("lists", "words", "name"),
    [
        ({}, "", "8 steps"),
        ({"steps": "8, 1"}, "", "8 steps"),
        ({}, "4 steps", "4 steps"),
        ({}, " 4  Steps ,", "4 steps"),
        # A word that all of them share.
        ({}, "gamma 0.3, 1 step", "1 step"),
        ({"gammas": "0, 1"}, "gamma 1", "8 steps, gamma 1"),
        ({"gammas": "0, 1"}, "gamma 1\uff1b4 steps", "4 steps, gamma 1"),
        # With as many steps, the recipe's own CFG.
        ({"cfgs": "7, 1"}, "", "CFG 1, 8 steps"),
        ({"cfgs": "7, 1"}, "CFG 7", "CFG 7, 8 steps"),
    ],
)
def test_the_reference_has_the_most_steps_of_those_with_the_words(lists, words, name):
    of = cells(**lists)
    assert of[reference_of(of, words)].name == name


@pytest.mark.parametrize("words", ["5 steps", "8", "1 step, 4 steps", "CFG 7"])
def test_a_reference_that_is_not_there_is_told_with_one_that_is(words):
    with pytest.raises(ValueError, match=f'"{words}".*such as "CFG 1, 8 steps, gamma 0.3"'):
        reference_of(cells(), words)


def test_the_cheapest_within_the_tolerance_is_framed_and_named():
    measured = [SAME._replace(similarity=0.7), SAME._replace(similarity=0.8), SAME]
    for tolerance, framed in ((0.19, 2), (0.2, 1), (0.3, 0), (0.0, 2)):
        marks = verdict(measured, tolerance).marks
        assert [mark.framed for mark in marks] == [n == framed for n in range(3)]
    judged = verdict(measured)
    assert judged.title == ["Cheapest within 0.2 of 8 steps: 4 steps (4 model calls)"]
    assert judged.text.splitlines() == [
        "Cheapest within 0.2 of 8 steps: 4 steps (4 model calls).",
        "",
        "1 step: 1 model call, SSIM 0.70",
        "4 steps: 4 model calls, SSIM 0.80",
        "8 steps: 8 model calls, reference",
    ]


def test_guidance_doubles_what_a_setting_costs():
    """4 steps at CFG 2 cost as much as 8 at CFG 1; of those the nearer one is taken."""
    of = cells("4, 8", cfgs="2, 1")
    assert [cell.calls for cell in of] == [8, 16, 4, 8]
    far = SAME._replace(similarity=0.0)
    near = SAME._replace(similarity=0.9)
    judged = judge(of, [near, SAME, far, near._replace(similarity=0.95)], 1, 0.2)
    assert [mark.framed for mark in judged.marks] == [False, False, False, True]


@pytest.mark.parametrize(
    ("measures", "faults"),
    [
        (SAME, []),
        (SAME._replace(clipped=0.06), ["burnt"]),
        (SAME._replace(latent=1.2), ["burnt"]),
        (SAME._replace(sharpness=0.3), ["blurred"]),
        (SAME._replace(sharpness=5.0, latent=0.5), []),
        (Measures(0.9, 0.5, 1.0, 0.1), ["burnt", "blurred"]),
    ],
)
def test_a_picture_with_a_fault_is_marked_and_never_the_cheapest(measures, faults):
    judged = verdict([measures, SAME, SAME])
    assert judged.marks[0].words[1:] == faults
    assert judged.marks[0].framed == (not faults)


def test_it_is_said_where_nothing_cheaper_is_near_and_where_the_reference_is_burnt():
    far = SAME._replace(similarity=0.1)
    assert verdict([far, far, SAME]).title == ["Nothing cheaper is within 0.2 of 8 steps"]
    burnt = verdict([far, far, SAME._replace(clipped=0.5)])
    assert burnt.title == ["No picture without a fault is within 0.2 of 8 steps"]
    assert "The reference itself looks burnt. Name another picture in reference." in burnt.text
    assert not any(mark.framed for mark in burnt.marks)


def test_a_picture_that_is_not_a_number_is_never_framed():
    nothing = Measures(float("nan"), 0.0, float("nan"), float("nan"))
    assert [mark.framed for mark in verdict([nothing, nothing, SAME]).marks] == [False, False, True]
