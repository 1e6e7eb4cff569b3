"""A reward ready for a run: its networks lent for the time, latents to scores."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..blocks import KeptInputs
from ..session import lent
from .decoder import Decoder
from .kind import Reward


class Scoring(NamedTuple):
    """`targets` has a row for each of the material's prompts.

    `patchers` have to be on their devices: the VAE's, then those of the reward's helpers.
    """

    reward: Reward
    decoder: Decoder
    targets: Tensor
    patchers: list[Any]

    def __call__(self, latents: Tensor, prompt: Tensor) -> Tensor:
        """Scores B of clean latents B C ... for these rows of the prompts."""
        return self.of_pictures(self.decoder(latents), prompt).to(latents.device)

    def of_pictures(self, pictures: Tensor, prompt: Tensor) -> Tensor:
        networks = [patcher.model for patcher in self.patchers[1:]]
        return self.reward.score(pictures, self.targets[prompt], networks)


@contextmanager
def scoring(reward: Reward, targets: Tensor, vae: Any, latent_format: Any) -> Iterator[Scoring]:
    """The reward and the VAE's decoder with gradients; all is as it was when it ends."""
    with ExitStack() as ends:
        decoding = ends.enter_context(lent(vae.patcher))
        patchers = [decoding]
        for helper in reward.helpers():
            patcher = ends.enter_context(lent(helper.patcher))
            patchers.append(patcher)
            if helper.keeps:
                kept = KeptInputs(patcher.model)
                ends.callback(kept.stop)
                kept.start()
        with torch.inference_mode(False):
            decoder = Decoder(vae, decoding, latent_format)
        yield Scoring(reward, decoder, targets, patchers)
