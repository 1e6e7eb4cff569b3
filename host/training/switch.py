"""Which adapters of a network are on, and putting another forward in a module's place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch


class Switch:
    """The name of the adapters that the layers compute with; None is the model as it is."""

    on: str | None = None

    @contextmanager
    def at(self, name: str | None) -> Iterator[None]:
        before, self.on = self.on, name
        try:
            yield
        finally:
            self.on = before


def replaced(module: torch.nn.Module, forward: Callable[..., Any]) -> Callable[[], None]:
    """Puts `forward` in place of the module's; the result puts things back as they were."""
    before = module.__dict__.get("forward")
    module.forward = forward

    def restore() -> None:
        if before is None:
            module.__dict__.pop("forward", None)
        else:
            module.forward = before

    return restore
