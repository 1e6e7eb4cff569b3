"""The steps of a run: draw, descend, follow with the average; then the rivals in turn."""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .average import follow
from .draws import Material, Plan
from .limit import Limit
from .losses import Loss, Nets, Rival
from .times import Times

_CLIP = 1.0
_WARM = 20


class NotFiniteError(ValueError):
    """A loss that is infinite or none (NaN): what was trained before it is still good."""


class Weights(NamedTuple):
    """What is trained: the student, its average in the same order, and by name the rivals."""

    student: list[Tensor]
    average: list[Tensor]
    rivals: Mapping[str, list[Tensor]] = {}


class Trainer:
    """Trains `weights` for `steps` steps of `batch` rows with one loss.

    `micro` rows go through the network at a time; it may be lowered between phases, and the
    gradient stays that of the whole batch. `half` says that the network computes in fp16, whose
    small gradients would vanish unscaled. A `limit` keeps the student near its start.
    """

    def __init__(
        self,
        loss: Loss,
        nets: Nets,
        weights: Weights,
        times: Times,
        plan: Plan,
        *,
        steps: int,
        batch: int,
        rate: float,
        average: float = 0.98,
        half: bool = False,
        limit: Limit | None = None,
    ):
        self._loss, self._nets, self._weights, self._limit = loss, nets, weights, limit
        self._times, self._plan, self._rate, self._share = times, plan, rate, average
        self.step, self.steps, self.batch, self.micro = 0, steps, batch, batch
        device = weights.student[0].device
        self._device = device
        self._optimiser = _adam(weights.student, rate, 0.9)
        self._rivals = {
            rival.name: _adam(weights.rivals[rival.name], rival.rate(plan, rate), 0.0)
            for rival in loss.rivals
        }
        self._scaler = torch.amp.GradScaler(device.type, enabled=half)

    def phases(
        self, material: Material, generator: torch.Generator
    ) -> Iterator[Callable[[], float]]:
        """One step in parts, each of which may be called again where it failed for memory.

        The first gives the student's loss. Raises NotFiniteError before anything is changed by it.
        """
        done = self.step / self.steps
        drawn = self._loss.draw(material, self.batch, self._plan, done, generator)
        for group in self._optimiser.param_groups:
            group["lr"] = self._rate * rate_share(self.step, self.steps)
        shown: dict[str, list[Tensor]] = {}

        def student() -> float:
            shown.clear()

            def part(rows: Any) -> Tensor:
                taught = self._loss.student(self._nets, self._times, self._plan, rows)
                for name, pictures in taught.shown.items():
                    shown.setdefault(name, []).append(pictures)
                return taught.loss

            value = self._descend(self._optimiser, self._weights.student, drawn, part)
            if self._limit:
                self._limit.keep()
            self.step += 1
            follow(self._weights.average, self._weights.student, self._share, self.step)
            return value

        def against(rival: Rival, turn: int) -> float:
            pictures = torch.cat(shown[rival.name])

            def part(rows: Any, first: int) -> Tensor:
                these = pictures[first : first + len(rows[0])]
                return rival.pays(self._nets, self._times, self._plan, rows, these, turn)

            weights = self._weights.rivals[rival.name]
            return self._descend(self._rivals[rival.name], weights, drawn, part, counted=True)

        yield student
        for turn in range(self._plan.rounds):
            for rival in self._loss.rivals:
                yield partial(against, rival, turn)

    def _descend(
        self,
        optimiser: torch.optim.Optimizer,
        weights: list[Tensor],
        drawn: Any,
        loss: Callable[..., Tensor],
        *,
        counted: bool = False,
    ) -> float:
        optimiser.zero_grad(set_to_none=True)
        total = 0.0
        for first in range(0, self.batch, self.micro):
            rows = _cut(drawn, slice(first, first + self.micro), self._device)
            share = len(rows[0]) / self.batch
            value = loss(rows, first) if counted else loss(rows)
            # Into these weights alone: a rival's are on the student's way, and the other way round.
            self._scaler.scale(value * share).backward(inputs=weights)
            total += float(value.detach()) * share
        if not math.isfinite(total):
            raise NotFiniteError(f"The loss of step {self.step + 1} is not a finite number.")
        self._scaler.unscale_(optimiser)
        norm = torch.nn.utils.clip_grad_norm_(weights, _CLIP)
        if not self._scaler.is_enabled() and not math.isfinite(float(norm)):
            raise NotFiniteError(f"The gradient of step {self.step + 1} is not a finite number.")
        self._scaler.step(optimiser)
        self._scaler.update()
        return total

    def state(self) -> dict[str, Any]:
        """All that the next run needs besides the weights."""
        return {
            "step": self.step,
            "optimiser": self._optimiser.state_dict(),
            "rivals": {name: one.state_dict() for name, one in self._rivals.items()},
            "scaler": self._scaler.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.step = state["step"]
        self._optimiser.load_state_dict(state["optimiser"])
        for name, optimiser in self._rivals.items():
            optimiser.load_state_dict(state["rivals"][name])
        self._scaler.load_state_dict(state["scaler"])


def rate_share(step: int, steps: int) -> float:
    """Share of the full rate: up over the first steps, level, straight down in the last quarter."""
    return min(1.0, 0.02 + step / _WARM, 0.02 + (1 - step / steps) * 4)


def _adam(weights: list[Tensor], rate: float, momentum: float) -> torch.optim.Optimizer:
    return torch.optim.AdamW(weights, rate, betas=(momentum, 0.99), weight_decay=0.0)


def _cut(drawn: Any, rows: slice, device: torch.device) -> Any:
    """A part of the batch; times stay on the CPU, where the step table is."""
    return type(drawn)(*(_moved(field[rows], device) for field in drawn))


def _moved(field: Any, device: torch.device) -> Any:
    is_latent = isinstance(field, Tensor) and field.is_floating_point()
    return field.to(device) if is_latent else field
