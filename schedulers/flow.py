"""The shift of a flow model: from u, the time in (0, 1], to the noise level that is sampled there.

    level = s u / (1 + (s - 1) u)

| shift            | s                                                  | who                     |
|------------------|----------------------------------------------------|-------------------------|
| a number         | itself                                             | SD3, Wan, Z-Image       |
| mu by size       | e^mu, mu linear in the tokens of the picture, not  | FLUX.1, Qwen-Image 2.1  |
|                  | clamped; then stretched to `terminal`, if given    |                         |
| "flux2"          | e^mu, mu of the tokens and the number of steps     | FLUX.2, Lens            |
| "model"          | the model's own                                    |                         |

A token is a square of 16 pixels. The exponential form of the papers, e^mu / (e^mu + 1/u - 1), is
the same curve. Sources: arXiv 2403.03206 (SD3), the FLUX.1 and FLUX.2 repositories of Black Forest
Labs, and `set_timesteps` of diffusers' FlowMatchEulerDiscreteScheduler for the stretch.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

FLUX2, MODEL = "flux2", "model"
TOKEN_PIXELS = 16
# A number, one of the two words, or {"mu": [m1, m2], "tokens": [x1, x2]}, maybe with "terminal".
Shift = float | str | Mapping[str, Any]

# FLUX.2's mu at 200 and at 10 steps is a line in the tokens; above so many the steps do not matter.
_MU_200 = (0.00016927, 0.45666666)
_MU_10 = (8.73809524e-05, 1.89833333)
_MOST_TOKENS = 4300


class Curve(NamedTuple):
    """A shift in numbers: the factor s, and the level that the last step is stretched to."""

    factor: float
    terminal: float | None = None

    def level(self, u: float) -> float:
        return self.factor * u / (1 + (self.factor - 1) * u)

    def levels(self, nodes: Sequence[float]) -> list[float]:
        """The levels of a run through these u, descending."""
        levels = [self.level(u) for u in nodes]
        if self.terminal is None or not levels or levels[-1] == 1:
            return levels
        scale = (1 - levels[-1]) / (1 - self.terminal)
        return [1 - (1 - level) / scale for level in levels]


def needs_size(shift: Shift | None) -> bool:
    return shift == FLUX2 or isinstance(shift, Mapping)


def curve_of(shift: Shift, tokens: float | None, steps: int) -> Curve | None:
    """The curve of a shift; None where the model's own is to be used.

    That is also where the shift depends on the size and `tokens` is not known. `steps` is the
    number of steps that FLUX.2's rule reads.
    """
    if shift == MODEL or (needs_size(shift) and tokens is None):
        return None
    if shift == FLUX2:
        return Curve(math.exp(_flux2_mu(tokens, steps)))
    if isinstance(shift, Mapping):
        (low, high), (fewest, most) = shift["mu"], shift["tokens"]
        mu = low + (high - low) * (tokens - fewest) / (most - fewest)
        return Curve(math.exp(mu), shift.get("terminal"))
    return Curve(float(shift))


def _flux2_mu(tokens: float, steps: int) -> float:
    tokens = round(tokens)
    at_200 = _MU_200[0] * tokens + _MU_200[1]
    if tokens > _MOST_TOKENS:
        return at_200
    slope = (at_200 - (_MU_10[0] * tokens + _MU_10[1])) / 190
    return slope * steps + at_200 - 200 * slope
