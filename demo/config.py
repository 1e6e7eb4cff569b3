"""Every number of the training, in one place."""

from dataclasses import dataclass, field

# Small and large pictures are learned in turn, so that both sizes can be asked for.
SIZE, LARGE = 64, 128
SEED = 2402_19159


@dataclass(frozen=True)
class Level:
    """How free the scenes are: lengths as fractions of the picture, the turn in degrees."""

    place: float
    smallest: float
    largest: float
    turn: float
    margin: float = 0.03


EASY = Level(place=0.06, smallest=0.28, largest=0.35, turn=15)
MEDIUM = Level(place=0.16, smallest=0.25, largest=0.36, turn=45)
WIDE = Level(place=0.5, smallest=0.22, largest=0.37, turn=180)


@dataclass(frozen=True)
class Autoencoder:
    steps: int = 2500
    batch: int = 64
    rate: float = 2e-3
    noise: float = 0.06
    outlined: float = 0.25
    average: float = 0.998


@dataclass(frozen=True)
class Model:
    steps: int = 8000
    batch: int = 512
    rate: float = 1.5e-3
    average: float = 0.999
    empty: float = 0.1
    any_shape: float = 0.05
    late: float = 0.12
    weight_limit: float = 30.0
    # Level from this step on.
    levels: tuple[tuple[int, Level], ...] = ((0, EASY), (300, MEDIUM), (800, WIDE))


@dataclass(frozen=True)
class Pool:
    """Latents kept to draw from, how many there are at the start, how many come how often."""

    size: int = 65536
    first: int = 4096
    fresh: int = 512
    every: int = 16


@dataclass(frozen=True)
class Classifier:
    steps: int = 1500
    batch: int = 256
    rate: float = 2e-3
    noise: float = 0.03


@dataclass(frozen=True)
class Distillation:
    steps: int
    rate: float
    # The stage whose adapter this one goes on from.
    start: str | None = None
    batch: int = 256
    rank: int = 32
    average: float = 0.98
    # A few-step sampler always starts at the last time: that jump is practised more.
    last: float = 0.2
    width: float = 0.05
    # From this share of the steps on, how far the teacher walks in one step.
    skips: tuple[tuple[float, int], ...] = ((0.0, 160), (0.3, 80), (0.55, 40), (0.8, 20))


@dataclass(frozen=True)
class Style:
    steps: int = 1200
    batch: int = 256
    rank: int = 16
    rate: float = 1e-3


@dataclass(frozen=True)
class ControlNet:
    steps: int = 2000
    batch: int = 256
    rate: float = 7e-4
    # With the shape left open the outline alone must tell it.
    any_shape: float = 0.4


@dataclass(frozen=True)
class Config:
    autoencoder: Autoencoder = field(default_factory=Autoencoder)
    pool: Pool = field(default_factory=Pool)
    model: Model = field(default_factory=Model)
    classifier: Classifier = field(default_factory=Classifier)
    # The guidance that the adapters learn by heart.
    guidance: float = 2.0
    lcm: Distillation = Distillation(steps=1800, rate=1e-3)
    tcd: Distillation = Distillation(steps=2600, rate=5e-4, start="lcm")
    style: Style = field(default_factory=Style)
    controlnet: ControlNet = field(default_factory=ControlNet)


CONFIG = Config()
