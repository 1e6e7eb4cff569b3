"""The discriminator of a run: heads on the features of its own teacher."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ...distil import Discriminating, Discriminator
from .conditions import Conditions
from .features import TeacherFeatures


class RunHeads:
    """heads(maps, level, context) -> logits; made with `begin`, and kept with the run."""

    def __init__(self) -> None:
        self._made: Discriminator | None = None
        self._state: Mapping[str, Tensor] | None = None

    def __call__(self, maps: list[Tensor], level: Tensor, context: Conditions) -> list[Tensor]:
        return self._made(maps, level, context.pooled().to(level.device))

    def begin(
        self,
        how: Discriminating,
        features: TeacherFeatures,
        example: tuple[Tensor, Tensor, Conditions],
        seed: int,
    ) -> None:
        """Makes the heads for what the features of an example x, sigma, context are like.

        Those of an earlier stage, or of a run that goes on, stay.
        """
        if self._made is not None:
            return
        x, _, context = example
        with torch.no_grad():
            channels = [one.shape[1] for one in features(*example)]
        random = torch.Generator().manual_seed(seed % 2**63)
        made = Discriminator(channels, context.pooled().shape[1], how.width, random)
        if self._state is not None:
            made.load_state_dict(self._state)
        self._made = made.to(x.device)

    def weights(self) -> list[Tensor]:
        return [*self._made.parameters()] if self._made else []

    def state(self) -> dict[str, Any]:
        return {"heads": self._made.state_dict() if self._made else self._state}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._state = state["heads"]
