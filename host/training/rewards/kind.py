"""What a reward is to a run: prompts to targets, pictures and targets to scores."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from torch import Tensor
from torch.nn import Module


class Helper(NamedTuple):
    """A network of the host's that a run needs beside the one it trains.

    `keeps` says that its blocks change their inputs in place, so that its norms have to keep them.
    """

    patcher: Any
    keeps: bool = False


class Reward(Protocol):
    """FEWSTEP_REWARD: made by a node, used by a run."""

    # For the report, such as "classifier judge.safetensors".
    name: str

    def mark(self) -> str:
        """A hash of the weights, so that a run goes on with the same reward alone."""

    def targets(self, prompts: Sequence[str]) -> Tensor:
        """What the pictures of each prompt are held to, a row a prompt.

        Raises ValueError for a prompt that this reward cannot score.
        """

    def helpers(self) -> list[Helper]:
        """The networks that have to be on their device while scores are asked for."""

    def score(self, pictures: Tensor, targets: Tensor, networks: Sequence[Module]) -> Tensor:
        """Scores B, with gradients, of pictures B 3 H W in 0..1.

        `networks` are those of the helpers in their order: the host may have lent others than it
        gave.
        """
