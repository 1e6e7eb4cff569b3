"""The losses: one file each, and one entry here."""

from .adversarial import ADVERSARIAL, HEADS
from .consistency import CONSISTENCY
from .distance import pseudo_huber
from .features import FEATURES
from .fine_tuning import FINE_TUNING
from .kind import Features, Heads, Loss, Nets, Rival, Taught
from .reward import Score, reward
from .score import FAKE, SCORE
from .together import together
from .trajectory import TRAJECTORY

_ALL = (TRAJECTORY, FEATURES, CONSISTENCY, SCORE, ADVERSARIAL, FINE_TUNING)
LOSSES = {loss.name: loss for loss in _ALL}

__all__ = [
    "FAKE",
    "HEADS",
    "LOSSES",
    "Features",
    "Heads",
    "Loss",
    "Nets",
    "Rival",
    "Score",
    "Taught",
    "pseudo_huber",
    "reward",
    "together",
]
