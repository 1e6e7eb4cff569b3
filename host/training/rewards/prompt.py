"""The prompt as a reward: how near CLIP's image half sees a picture to the prompt's text."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ...folders import new_digest
from ..session import fingerprint
from .kind import Helper
from .text import check_text, embeddings
from .vision import Vision


class PromptReward:
    """Cosine of the two embeddings: about 0.2 for a picture of something else, 0.3 for its own."""

    name = "prompt"

    def __init__(self, vision: Vision, clip: Any):
        check_text(clip, vision.width)
        self._vision, self._clip = vision, clip

    def mark(self) -> str:
        digest = new_digest()
        for half in (self._vision.mark(), fingerprint(self._clip.cond_stage_model)):
            digest.update(half.encode())
        return digest.hexdigest()

    def targets(self, prompts: Sequence[str]) -> Tensor:
        return embeddings(self._clip, prompts, self._vision.width)

    def helpers(self) -> list[Helper]:
        return [self._vision.helper()]

    def score(
        self, pictures: Tensor, targets: Tensor, networks: Sequence[torch.nn.Module]
    ) -> Tensor:
        seen = self._vision(networks[0], pictures)
        return (seen * targets.to(seen)).sum(1)
