"""Every number of what is made here: how many paths, which methods, how long, how fast."""

import hashlib
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Paths:
    """The teacher's paths: how many, of how many steps."""

    count: int = 256
    steps: int = 8


@dataclass(frozen=True)
class Stage:
    """One node's run: its method, the steps to sample with (0 is 1 to 8), steps, batch, rate."""

    method: str
    target: int
    steps: int
    batch: int
    rate: float


@dataclass(frozen=True)
class Making:
    """Stages in turn, each from the LoRA before; `start` is a stage of the demo's training."""

    stages: tuple[Stage, ...]
    paths: Paths | None = None
    start: str = "none"
    rank: int = 32

    def mark(self, stages: int, seed: int) -> str:
        """A name for the first `stages` of them that no other settings have."""
        part = {**asdict(self), "stages": [asdict(one) for one in self.stages[:stages]]}
        digest = hashlib.sha256(repr((part, seed)).encode()).hexdigest()[:8]
        return f"{self.stages[stages - 1].method}-{digest}"


# The guidance that is learned by heart, and different prompts to learn it on.
CFG, PROMPTS = 2.0, 256
# What the demo shows, in about five minutes of two cores.
SHOWN = Making(
    (Stage("trajectory", 1, 250, 8, 1e-3), Stage("score", 1, 80, 8, 5e-4)), paths=Paths()
)
# Twelve minutes of one core.
NOTHING = Making(
    (Stage("trajectory", 1, 400, 8, 1e-3), Stage("score", 1, 240, 8, 5e-4)), paths=Paths()
)
UNIFIED = Making(
    (Stage("trajectory", 0, 400, 8, 1e-3), Stage("score", 0, 240, 8, 5e-4)), paths=Paths()
)
# Three minutes of one core.
REPAIR = Making((Stage("repair", 1, 105, 8, 5e-4),), start="tcd")
# The demo's other style, from so many pictures.
STYLE = Making((Stage("fine-tuning", 4, 1300, 8, 7e-4),), start="tcd")
STYLE_PICTURES = 512
