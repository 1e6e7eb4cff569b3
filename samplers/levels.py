"""What a noise level means to a model, where x = alpha(sigma) * image + sigma * noise."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np


class Levels(Protocol):
    """What the step table asks of a model; `end` is the level of t = 0, or 0 without one."""

    noise_scale: float
    end: float

    def alpha(self, sigma: float) -> float:
        """How much of the image is in x at this level."""

    def lower(self, sigma: float, gamma: float) -> float:
        """The level at time (1 - gamma) * t of `sigma`, to which TCD goes down."""


@dataclass(frozen=True, eq=False)
class TableLevels:
    """Levels of a model trained on a table of timesteps (eps, v, zero terminal SNR, x0).

    `sigmas` ascend; entry i belongs to timestep `first + i * stride`.
    """

    sigmas: np.ndarray
    first: int = 0
    stride: float = 1
    noise_scale: float = 1.0

    @property
    def end(self) -> float:
        return float(self.sigmas[0])

    def alpha(self, sigma: float) -> float:
        return 1.0

    def lower(self, sigma: float, gamma: float) -> float:
        """Whole timesteps are floored, as the paper's code does; times between entries are not."""
        if gamma == 0:
            return sigma
        time = self.time(sigma)
        if time.is_integer():
            # float32, like the reference: 0.1 * 10 must floor to the same integer there and here.
            return self.sigma(float(np.floor(np.float32(1 - gamma) * np.float32(time))))
        return self.sigma((1 - gamma) * time)

    def time(self, sigma: float) -> float:
        """Timestep of a level, log-linear between entries; whole where `sigma` is an entry."""
        index = float(np.interp(np.log(sigma), self._logs, np.arange(len(self._logs))))
        # exp(log(sigma)) in float32 is off by up to 1e-4 of an entry.
        nearest = round(index)
        return float(self.first + self.stride * (nearest if abs(index - nearest) < 1e-3 else index))

    def sigma(self, time: float) -> float:
        """Level of a timestep; exactly the entry where there is one."""
        index = min(max((time - self.first) / self.stride, 0.0), len(self.sigmas) - 1.0)
        if index.is_integer():
            return float(self.sigmas[int(index)])
        low = int(index)
        return float(np.exp(np.interp(index, (low, low + 1), self._logs[low : low + 2])))

    @cached_property
    def _logs(self) -> np.ndarray:
        return np.log(self.sigmas)


@dataclass(frozen=True)
class FlowLevels:
    """Levels of a flow model: alpha = 1 - sigma.

    Time is the level itself: with shift, `timestep()` of a flow model does not invert `sigma()`.
    """

    noise_scale: float = 1.0
    end: float = 0.0

    def alpha(self, sigma: float) -> float:
        if sigma > 1.0 + 1e-6:
            raise ValueError(
                f"These SIGMAS hold the level {sigma:.4g}, but a flow model's levels go from 1 to "
                "0. Connect this model to the node that makes the SIGMAS."
            )
        return max(0.0, 1.0 - sigma)

    def lower(self, sigma: float, gamma: float) -> float:
        return (1.0 - gamma) * sigma


@dataclass(frozen=True)
class ContinuousLevels:
    """Levels of a model without timesteps (EDM and other continuous ones): only gamma 0 and 1."""

    noise_scale: float = 1.0
    end: float = 0.0

    def alpha(self, sigma: float) -> float:
        return 1.0

    def lower(self, sigma: float, gamma: float) -> float:
        if gamma not in (0.0, 1.0):
            raise ValueError(
                f"gamma {gamma:g} needs a model trained on timesteps, and this one has continuous "
                "noise levels. Set gamma to 0 (no new noise) or 1 (all new)."
            )
        return (1.0 - gamma) * sigma
