"""What a search for better training would change about features and the discriminator."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Spread:
    """Levels whose log of noise over image is normal.

    For a flow model that is the logit of sigma: the logit-normal of SD3 (arXiv 2403.03206).
    """

    mean: float
    spread: float

    def draw(self, *shape: int, generator: torch.Generator) -> Tensor:
        return self.mean + self.spread * torch.randn(shape, generator=generator)


@dataclass(frozen=True)
class Seen:
    """Which of the teacher's attention blocks give features: `blocks` of them, 0 for all.

    They are evenly spaced, and the last is at the share `depth` of the way through; what comes
    after it is not computed.
    """

    blocks: int = 6
    depth: float = 1.0

    def of(self, count: int) -> list[int]:
        """Indices of the blocks, of `count` that there are."""
        end = max(1, round(self.depth * count))
        wanted = min(self.blocks or end, end)
        return [end - 1 - (end * turn) // wanted for turn in reversed(range(wanted))]


@dataclass(frozen=True)
class Matching:
    """At which levels clean pictures are compared in features."""

    levels: Spread = Spread(-1.0, 1.0)


@dataclass(frozen=True)
class Discriminating:
    """The discriminator: `width` channels a head, learning at `rate`.

    `levels` are LADD's (arXiv 2403.12015). `penalty` is the weight of R1 by a difference, from
    real pictures with noise of the size `aside` (APT, arXiv 2501.08316), 0 for none. `distance` is
    the weight of the distance to the end of the teacher's path, whose start is the student's then.
    """

    levels: Spread = Spread(1.0, 1.0)
    width: int = 64
    rate: float = 1e-3
    penalty: float = 100.0
    aside: float = 0.01
    distance: float = 0.0
