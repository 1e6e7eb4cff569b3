"""Getting by with less memory: a part of the work again in smaller pieces where it ran out."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import comfy.model_management as host

from ...distil import Trainer
from ..out_of_memory import is_out_of_memory
from .blocks import Checkpoints

Result = TypeVar("Result")


class Memory:
    """How a run gets by: `micro` rows at a time, then blocks computed twice; told where it is."""

    def __init__(self, checkpoints: Checkpoints, batch: int, told: list[str]):
        self._checkpoints, self._told = checkpoints, told
        self.micro = batch

    def enough_for(self, work: Callable[[], Result], trainer: Trainer | None = None) -> Result:
        """What `work`, a phase of the `trainer`, gives. Raises ValueError where all is tried."""
        return with_less(work, lambda: self._less(trainer))

    def _less(self, trainer: Trainer | None) -> bool:
        if trainer and trainer.micro > 1:
            trainer.micro = self.micro = (trainer.micro + 1) // 2
            self._told.append(f"Memory was short: {trainer.micro} pictures at a time.")
            return True
        if not self._checkpoints.on:
            self._checkpoints.start()
            self._told.append("Memory was short: blocks are computed twice.")
            return True
        return False

    def state(self) -> dict[str, Any]:
        return {"micro": self.micro, "twice": self._checkpoints.on}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.micro = state["micro"]
        if state["twice"]:
            self._checkpoints.start()


def with_less(work: Callable[[], Result], less: Callable[[], bool]) -> Result:
    """What `work` gives, begun again after `less` as long as memory runs out and it says True.

    Raises ValueError with a sentence where less is not possible.
    """
    while True:
        try:
            return work()
        except BaseException as error:
            if not is_out_of_memory(error):
                raise
        # Outside of the handler: the error holds what was computed so far.
        host.soft_empty_cache()
        if not less():
            raise ValueError(
                "The memory is too small to train this model, one picture at a time and with "
                "blocks computed twice. Set a smaller width and height or rank, close other "
                "programs, or load the model in a smaller type."
            )
