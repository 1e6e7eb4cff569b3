"""A sampler as numbers: x_next = keep * x + clean * image + fresh * z, for unit noise z.

With x = alpha(sigma) * image + sigma * noise, going from level t down to l along the predicted
noise and up to n with fresh noise is linear in x, image and z:

    r     = alpha_n / alpha_l
    keep  = r * sigma_l / sigma_t
    clean = r * (alpha_l - alpha_t * sigma_l / sigma_t)
    fresh = sqrt(sigma_n^2 - (r * sigma_l)^2)
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from .levels import Levels
from .registry import Low

FINISHES = ("clean", "diffusers")


class Step(NamedTuple):
    """The three weights of one step."""

    keep: float
    clean: float
    fresh: float


def step_table(
    sigmas: Sequence[float],
    levels: Levels,
    low: Low,
    *,
    s_noise: float = 1.0,
    finish: str = "clean",
) -> list[Step]:
    """Weights for each step of `sigmas`; `low(sigma, sigma_next)` is how far down it goes.

    Finite for any levels the model knows, in any order. Raises ValueError for levels it does not,
    and for an unknown `finish`.
    """
    if finish not in FINISHES:
        raise ValueError(f"finish is {finish!r}; use one of {', '.join(FINISHES)}.")
    table = []
    for sigma, sigma_next in pairwise(sigmas):
        if sigma_next > 0:
            step = step_weights(levels, sigma, min(low(sigma, sigma_next), sigma_next), sigma_next)
            table.append(step._replace(fresh=step.fresh * s_noise * levels.noise_scale))
        elif finish == "diffusers":
            table.append(_stop_at_time_zero(levels, sigma))
        else:
            table.append(Step(0.0, 1.0, 0.0))
    return table


def step_weights(levels: Levels, sigma: float, sigma_low: float, sigma_next: float) -> Step:
    """Weights of the step from `sigma` down to `sigma_low` and up to `sigma_next`.

    A step from level 0 has no noise to walk along, so all of its noise is fresh.
    """
    if sigma <= 0:
        sigma, sigma_low = 1.0, 0.0
    alpha, alpha_low = levels.alpha(sigma), levels.alpha(sigma_low)
    # At level 1 of a flow model alpha is 0, and going nowhere must not divide by it.
    up = 1.0 if sigma_low == sigma_next else levels.alpha(sigma_next) / alpha_low
    kept = sigma_low / sigma
    return Step(
        keep=up * kept,
        clean=up * (alpha_low - alpha * kept),
        fresh=math.sqrt(max(0.0, sigma_next**2 - (up * sigma_low) ** 2)),
    )


def _stop_at_time_zero(levels: Levels, sigma: float) -> Step:
    end = min(levels.end, sigma)
    step = step_weights(levels, sigma, end, end)
    scale = 1.0 / math.sqrt(1.0 + end**2)
    return Step(step.keep * scale, step.clean * scale, 0.0)
