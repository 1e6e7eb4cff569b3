"""The noise levels of Stable Diffusion 1.x, 2.x and SDXL, for when no model is connected."""

import math

from .spacing import TRAINING_STEPS

# The "scaled linear" schedule: square roots of beta evenly spaced (arXiv 2112.10752).
_BETA_FIRST, _BETA_LAST = 0.00085, 0.012


def standard_sigma(time: float) -> float:
    """Noise level of a timestep 0..999, log-linear between whole ones: 999 is 14.6146."""
    below = math.floor(time)
    sigma = _sigma(below)
    if below == time:
        return sigma
    share = time - below
    return math.exp((1 - share) * math.log(sigma) + share * math.log(_sigma(below + 1)))


def _sigma(time: int) -> float:
    first, last = math.sqrt(_BETA_FIRST), math.sqrt(_BETA_LAST)
    stride = (last - first) / (TRAINING_STEPS - 1)
    kept = math.prod(1.0 - (first + i * stride) ** 2 for i in range(time + 1))
    return math.sqrt((1.0 - kept) / kept)
