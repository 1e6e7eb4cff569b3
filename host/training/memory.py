"""Doing a part of the work again in smaller pieces where memory ran out."""

from collections.abc import Callable
from typing import TypeVar

import comfy.model_management as host

from ..out_of_memory import is_out_of_memory

Result = TypeVar("Result")


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
