"""The training loop that every stage shares: resumable, with averaged weights and a budget."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .progress import Progress
from .state import load, save

_SAVE = 180.0


class Loop:
    """Trains `module` in steps; `average` is the share of the old mean kept at each step."""

    def __init__(
        self,
        stage: str,
        module: nn.Module,
        optimisers: list[Optimizer],
        *,
        folder: Path,
        steps: int,
        schedule: Callable[[float], float],
        average: float | None = None,
    ) -> None:
        self.stage, self.module, self.optimisers = stage, module, optimisers
        self.path, self.log = folder / f"{stage}.pt", folder / f"{stage}.log"
        self.step, self.steps, self.schedule, self.share = 0, steps, schedule, average
        self.trained = {n: w for n, w in module.named_parameters() if w.requires_grad}
        self.average = {n: w.detach().clone() for n, w in self.trained.items()} if average else {}
        self._rates = [[group["lr"] for group in o.param_groups] for o in optimisers]
        self._stopped = False
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if state := load(self.path):
            self._restore(state)

    def run(self, loss: Callable[[int], Tensor], budget: float) -> None:
        """Calls `loss(step)` and descends until the steps or the budget are used up."""
        start = saved = time.monotonic()
        signals = {s: signal.signal(s, self._stop) for s in (signal.SIGINT, signal.SIGTERM)}
        progress = Progress(self.log, self.stage, self.step, self.steps)
        try:
            while self.step < self.steps and not self._stopped:
                progress.advance(self._descend(loss))
                now = time.monotonic()
                if now - saved > _SAVE:
                    self.save()
                    saved = now
                if now - start >= budget:
                    break
        finally:
            progress.close()
            for number, handler in signals.items():
                signal.signal(number, handler)
        self.save()

    def save(self) -> None:
        """Writes everything that the next run needs."""
        state: dict[str, Any] = {
            "step": self.step,
            "weights": {name: weight.detach() for name, weight in self.trained.items()},
            "average": self.average,
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "random": [torch.get_rng_state(), *torch.cuda.get_rng_state_all()],
        }
        save(self.path, state)

    def _descend(self, loss: Callable[[int], Tensor]) -> Tensor:
        rate = self.schedule(self.step / self.steps)
        for optimiser, rates in zip(self.optimisers, self._rates, strict=True):
            for group, base in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = base * rate
            optimiser.zero_grad()
        value = loss(self.step)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.trained.values(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
        self.step += 1
        self._follow()
        return value.detach()

    @torch.no_grad()
    def _follow(self) -> None:
        if self.share:
            # A short memory at first, or the untrained start would linger.
            share = min(self.share, (1 + self.step) / (10 + self.step))
            means, weights = list(self.average.values()), list(self.trained.values())
            torch._foreach_lerp_(means, weights, 1 - share)

    def _restore(self, state: dict[str, Any]) -> None:
        self.step = state["step"]
        with torch.no_grad():
            for name, weight in state["weights"].items():
                self.trained[name].copy_(weight)
            for name, weight in state["average"].items():
                self.average[name].copy_(weight)
        for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        torch.set_rng_state(state["random"][0])
        if torch.cuda.is_available() and len(state["random"]) > 1:
            torch.cuda.set_rng_state_all(state["random"][1:])

    def _stop(self, *_: object) -> None:
        self._stopped = True
