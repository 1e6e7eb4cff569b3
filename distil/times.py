"""Training times as the noise levels of a model, and jumps between them by the step table.

Times count as in the papers' code: 999 is the noisiest, 0 the last that is trained on, and -1 is
the clean image. For a flow model time t is the level that it has at u = (t + 1) / 1000.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ..samplers.levels import FlowLevels, Levels
from ..samplers.table import step_weights

TIMES = 1000
CLEAN = -1
# The image B C ... that a network predicts from x B C ..., sigmas B and contexts, one a row.
Net = Callable[[Tensor, Tensor, Any], Tensor]


class Times:
    """The levels of times 0..999 of one model, where x = alpha(sigma) * image + sigma * noise."""

    def __init__(self, levels: Levels, sigmas: Sequence[float]):
        if len(sigmas) != TIMES:
            raise ValueError(f"A model has {TIMES} times, and these are {len(sigmas)} levels.")
        self._levels = levels
        self._sigmas = [*map(float, sigmas), 0.0]
        known = self._sigmas[:TIMES]
        noise, image = torch.tensor([known, [*map(levels.alpha, known)]], dtype=torch.float64)
        # Infinite where there is no image left, which is nearest to nothing.
        self._noisiness = (noise / image).log()

    def sigma(self, time: int) -> float:
        return self._sigmas[time]

    def sigmas(self, times: Tensor, like: Tensor) -> Tensor:
        """Levels B of times B, in the type and on the device of `like`."""
        return _numbers([self._sigmas[time] for time in times.tolist()], like)

    def nearest(self, noisiness: Tensor) -> Tensor:
        """The times B whose log of noise over image is nearest to these numbers B."""
        return (self._noisiness - noisiness.double().cpu()[:, None]).abs().argmin(1)

    def alphas(self, times: Tensor, like: Tensor) -> Tensor:
        """How much of the image is in x at times B."""
        alphas = [self._levels.alpha(self._sigmas[time]) for time in times.tolist()]
        return _numbers(alphas, like)

    def pure(self, noise: Tensor) -> Tensor:
        """x at time 999 of unit noise alone, scaled as the host does where sampling starts."""
        sigma = self._sigmas[TIMES - 1]
        if self._is_flow:
            return noise * (sigma * self._levels.noise_scale)
        return noise * math.sqrt(1 + sigma**2)

    def noised(self, image: Tensor, noise: Tensor, times: Tensor) -> Tensor:
        """x at times B of images with unit noise."""
        sigmas = self.sigmas(times, image) * self._levels.noise_scale
        return wide(self.alphas(times, image), image) * image + wide(sigmas, image) * noise

    def land(self, net: Net, x: Tensor, start: Tensor, end: Tensor, context: Any) -> Tensor:
        """Where the path from x at times `start` is at times `end`, as `net` sees it."""
        return self.moved(x, net(x, self.sigmas(start, x), context), start, end)

    def moved(self, x: Tensor, image: Tensor, start: Tensor, end: Tensor) -> Tensor:
        """x moved along the noise that the predicted image leaves of it."""
        steps = [
            step_weights(self._levels, self._sigmas[t], self._sigmas[n], self._sigmas[n])
            for t, n in zip(start.tolist(), end.tolist(), strict=True)
        ]
        keep, clean = (_numbers([getattr(s, name) for s in steps], x) for name in ("keep", "clean"))
        return wide(keep, x) * x + wide(clean, x) * image

    def apart(self, first: Tensor, second: Tensor, start: Tensor, end: Tensor) -> Tensor:
        """The difference of two landings in a unit that is the same at all levels.

        At sigma 14.6 an error of the image is 15 times the error of the noise. So landings are
        scaled to unit variance, and for flow models the velocities are compared that led there.
        """
        if self._is_flow:
            scale = self.sigmas(start, first) - self.sigmas(end, first)
        else:
            scale = (1 + self.sigmas(end, first).square()).sqrt()
        return (first - second) / wide(scale, first)

    @property
    def _is_flow(self) -> bool:
        return isinstance(self._levels, FlowLevels)


def wide(numbers: Tensor, like: Tensor) -> Tensor:
    """B as B 1 1 ..., to go with `like`."""
    return numbers.view(-1, *[1] * (like.ndim - 1))


def _numbers(values: list[float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).to(like.device, like.dtype)
