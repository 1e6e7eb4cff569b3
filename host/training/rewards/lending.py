"""A run's reward, with the networks that it needs beside the one that is trained."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor

from ..adapters import STUDENT
from ..asked import Asked, Given
from ..material import Learned
from ..networks import Networks
from .feedback import Feedback
from .scoring import scoring


@contextmanager
def rewarded(
    networks: Networks, asked: Asked, given: Given, learned: Learned, targets: Tensor | None
) -> Iterator[Feedback | None]:
    """The feedback of the reward that is connected, or None; all is as it was when it ends."""
    if given.reward is None:
        yield None
        return
    latent_format = networks.patcher.model.latent_format
    with scoring(given.reward, targets, given.vae, latent_format) as scored:
        networks.beside(scored.patchers, scored.decoder.blocks())
        student = networks.adapters.weights(STUDENT)
        yield Feedback(scored, asked.reward_weight, student, learned.material)
