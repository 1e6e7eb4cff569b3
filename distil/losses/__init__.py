"""The losses: one file each, and one entry here."""

from .consistency import CONSISTENCY
from .distance import pseudo_huber
from .fine_tuning import FINE_TUNING
from .kind import Loss, Nets, Taught
from .score import SCORE
from .trajectory import TRAJECTORY

LOSSES = {loss.name: loss for loss in (TRAJECTORY, CONSISTENCY, SCORE, FINE_TUNING)}

__all__ = ["LOSSES", "Loss", "Nets", "Taught", "pseudo_huber"]
