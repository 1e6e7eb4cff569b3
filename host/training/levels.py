"""The times of training as noise levels of a model."""

from typing import Any

from ...distil import TIMES, Times
from ...samplers.levels import ContinuousLevels
from ..sampling.levels import level_of, levels_of, training_steps


def times_of(model: Any) -> Times:
    """The levels of times 0..999. Raises ValueError for a model that has no such times."""
    levels = levels_of(model)
    if isinstance(levels, ContinuousLevels) or training_steps(model) != TIMES:
        raise ValueError(
            "This model has no table of 1000 timesteps (it is EDM's, or its table was cut), and "
            "accelerators are trained on those. Connect the checkpoint as it comes from its loader."
        )
    sigma_of = level_of(model)
    return Times(levels, [sigma_of(time) for time in range(TIMES)])
