"""Where a run is: its step, losses and dice, and what there is to tell of it."""

from collections.abc import Mapping
from typing import Any

import torch

_RECENT = 20


class Progress:
    """`random` draws the steps; `told` are the sentences of the report."""

    def __init__(self, seed: int):
        self.step, self.losses, self.stopped = 0, [], ""
        self.told: list[str] = []
        self.random = torch.Generator().manual_seed(seed % 2**63)
        self._dice = self.random.get_state()

    def learned(self, step: int, loss: float) -> None:
        self.step = step
        self.losses.append(loss)

    def loss(self) -> float:
        """The mean of the last losses: those of single steps jump."""
        last = self.losses[-_RECENT:]
        return sum(last) / len(last)

    def finished(self) -> None:
        """A step is whole, and the next is drawn from here."""
        self._dice = self.random.get_state()

    def stop(self, reason: str) -> None:
        """The run has ended before its last step, and does not go on."""
        self.stopped = reason
        self.told.append(reason)

    def state(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "random": self._dice,
            "losses": self.losses,
            "stopped": self.stopped,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self.random.set_state(state["random"])
        self.finished()
        self.step, self.losses = state["step"], state["losses"]
        if state["stopped"]:
            self.stop(state["stopped"])
        self.told.append(f"Went on from step {self.step}.")
