"""The networks of a run: one model with sets of adapters, and what is put on it for the run."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from torch.nn import Module

from ...distil import Seen
from .adapters import Adapters, Matrices
from .blocks import Checkpoints, KeptInputs
from .conditions import Conditions
from .discriminator import RunHeads
from .features import TeacherFeatures
from .network import Network
from .session import load


class Networks:
    """`patcher` with adapters that begin as `matrices`; the teacher is guided by `cfg`.

    `empty` is the negative prompt's row.
    """

    def __init__(
        self, patcher: Any, matrices: Mapping[str, Matrices], cfg: float, empty: Conditions
    ):
        self.patcher, self.device = patcher, patcher.load_device
        # In the network that is trained: the host may have made another than it gave.
        layers = {name: patcher.model.get_submodule(name) for name in matrices}
        self.adapters = Adapters(layers, matrices, self.device)
        self.checkpoints = Checkpoints(patcher.model, self.adapters.switch)
        self.kept = KeptInputs(patcher.model)
        self.heads = RunHeads()
        self._cfg, self._empty = cfg, empty
        self._beside: list[Any] = []

    @contextmanager
    def injected(self) -> Iterator[None]:
        """The adapters on the layers, and all forwards as they were when it ends."""
        self.adapters.inject()
        try:
            yield
        finally:
            self.checkpoints.stop()
            self.kept.stop()
            self.adapters.eject()

    def beside(self, patchers: Sequence[Any], blocks: Sequence[Module]) -> None:
        """Other models that stay on their devices, and their blocks that may be computed twice."""
        self._beside = [*patchers]
        self.checkpoints.cover(blocks)
        self.load()

    def load(self) -> None:
        """All of them on their devices again, after something else may have taken their place."""
        load([self.patcher, *self._beside])

    def teacher(self) -> Network:
        return Network(self.patcher, self.adapters.switch, None, self._cfg, self._empty)

    def net(self, name: str) -> Network:
        """The model with one set of adapters, which has learned the guidance by heart."""
        return Network(self.patcher, self.adapters.switch, name)

    def features(self, seen: Seen) -> TeacherFeatures:
        return TeacherFeatures(self.patcher, self.adapters.switch, seen)

    def state(self) -> dict[str, Any]:
        return {"sets": self.adapters.state(), **self.heads.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.adapters.restore(state["sets"])
        self.heads.restore(state)
