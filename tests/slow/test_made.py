"""How good LoRAs made on the demo model are: settings of demo/make/settings.py, three runs each.

Means over the runs and 256 prompts each, drawn by the host's own sampling; a goal is met within
two standard errors of a share of that size.
"""

import math

import pytest
from made_here import COUNT, RUNS

STEPS = (1, 2, 4, 8)


def close(goal):
    """The goal less two standard errors of a mean of so many pictures."""
    return goal - 2 * math.sqrt(goal * (1 - goal) / (RUNS * COUNT))


@pytest.mark.parametrize(("steps", "goal"), [(1, 0.80), (2, 0.95)])
def test_the_tcd_lora_is_repaired_for_a_checkpoint_with_a_style(repaired, steps, goal):
    """From about 0.70 and 0.90."""
    before, after = repaired
    assert after.right(steps) >= close(goal)
    assert after.right(steps) > before.right(steps)


@pytest.mark.parametrize(("steps", "goal"), [(1, 0.80), (2, 0.96), (4, 0.99)])
def test_one_is_made_from_nothing(from_nothing, steps, goal):
    assert from_nothing.right(steps) >= close(goal)


@pytest.mark.parametrize("steps", STEPS)
def test_one_unified_file_is_as_good_as_the_best_at_every_number_of_steps(
    unified, from_nothing, steps
):
    assert unified.right(steps) >= close(from_nothing.right(steps) - 0.05)


def test_a_style_is_learnt_without_losing_the_few_steps(styled):
    before, after = styled
    assert after.outlined(4) >= close(0.9)
    assert after.right(4) >= close(before.right(4) - 0.05)
