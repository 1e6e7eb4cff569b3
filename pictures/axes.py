"""The field of a schedule's plot: timesteps falling to the right, noise levels rising."""

import math
from collections.abc import Sequence

import numpy as np

TOP_TIME = 999
# Where the finished picture is: to the right of timestep 0.
_END_TIME = -45


def time_of(level: float, curve: Sequence[float]) -> float:
    """Timestep of a level, where `curve` holds the rising levels of timesteps 0 and up."""
    if level <= 0:
        return 0.0
    time = float(np.interp(math.log(level), np.log(curve), np.arange(len(curve))))
    nearest = round(time)
    # Levels are float32 and pass through a logarithm.
    return float(nearest) if abs(time - nearest) < 0.05 else round(time, 1)


class Axes:
    """Maps timesteps and levels to pixels of a box (left, top, right, bottom).

    Levels are logarithmic; those of flow models, which end at 1, are not.
    """

    def __init__(
        self,
        box: tuple[float, float, float, float],
        curve: Sequence[float],
        levels: Sequence[float],
    ):
        self.left, self.top, self.right, self.bottom = box
        self.curve = curve
        known = [*curve, *(level for level in levels if level > 0)]
        self.linear = max(curve) <= 1.0
        self._low, self._high = (0.0, 1.0) if self.linear else _logs(min(known) / 2, max(known))

    def x(self, time: float) -> float:
        share = (TOP_TIME - time) / (TOP_TIME - _END_TIME)
        return self.left + share * (self.right - self.left)

    def y(self, level: float) -> float:
        """Level 0 is at the bottom, also of the logarithmic axis."""
        value = level if self.linear else math.log10(max(level, 10**self._low))
        share = (value - self._low) / (self._high - self._low)
        return self.bottom - min(share, 1.0) * (self.bottom - self.top)

    def point(self, level: float) -> tuple[float, float]:
        """Where a level is on the curve; level 0 is the finished picture."""
        time = time_of(level, self.curve) if level > 0 else _END_TIME
        return self.x(time), self.y(level)

    def ticks(self) -> list[float]:
        if self.linear:
            return [0.0, 0.25, 0.5, 0.75, 1.0]
        return [10.0**n for n in range(math.ceil(self._low), math.floor(self._high) + 1)]


def _logs(low: float, high: float) -> tuple[float, float]:
    return math.log10(low), math.log10(1.15 * high)
