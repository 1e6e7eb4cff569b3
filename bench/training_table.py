"""The table of `training.py`: seconds a step and memory of each method, beside TrainLoraNode's."""

import time
from collections.abc import Iterator
from typing import NamedTuple

import comfy.utils
import torch
from full_unet import FULL, NARROW, Unet, make_model
from training_steps import METHODS, Cost, Turns, core_cost, our_cost

_BATCHES = (1, 8)
_HEAD = (
    "| UNet | batch | trained by | blocks computed twice | seconds a step | memory added, GB "
    "| against TrainLoraNode | rows forward a step |\n|---|---|---|---|---|---|---|---|"
)


class _Case(NamedTuple):
    """A line of the table; `method` None is TrainLoraNode."""

    base: str
    batch: int
    method: str | None
    checkpoints: bool


def report(
    *, small: bool, seconds: float, only: str | None = None, batch: int | None = None
) -> None:
    """Prints the table; what would begin after `seconds` is left out, with a line that says so.

    `only` is one UNet, `batch` one size of batch.
    """
    comfy.utils.set_progress_bar_enabled(False)
    cpu = small or not torch.cuda.is_available()
    device = torch.device("cpu" if cpu else "cuda", None if cpu else torch.cuda.current_device())
    card = "a CPU, narrow UNets" if cpu else torch.cuda.get_device_name(device)
    unets = NARROW if cpu else FULL
    rank = unets["SD 1.5"].rank
    print(f"\nA training step of a LoRA of rank {rank}, {card}, torch {torch.__version__}\n")
    print(_HEAD, flush=True)
    end = time.monotonic() + seconds
    for base, unet in unets.items():
        if only in (None, base):
            _report(base, unet, device, end, (batch,) if batch else _BATCHES)


def _report(
    base: str, unet: Unet, device: torch.device, end: float, batches: tuple[int, ...]
) -> None:
    turns = Turns(1, 1) if device.type == "cpu" else Turns(2, 3)
    dtype = torch.float32 if device.type == "cpu" else torch.bfloat16
    model = make_model(unet, dtype, device)
    core: dict[tuple[int, bool], int] = {}
    for case in _cases(base, batches):
        if time.monotonic() > end:
            print(_line(case, "no time was left"), flush=True)
            continue
        if case.method is None:
            cost = core_cost(
                model,
                make_model(unet, dtype, device),
                unet,
                case.batch,
                turns,
                checkpoints=case.checkpoints,
            )
            core[case.batch, case.checkpoints] = cost.peak
        else:
            cost = our_cost(
                model, unet, case.method, case.batch, turns, checkpoints=case.checkpoints
            )
        print(_told(case, cost, core.get((case.batch, case.checkpoints), 0)), flush=True)


def _cases(base: str, batches: tuple[int, ...]) -> Iterator[_Case]:
    for batch in batches:
        for checkpoints in (False, True):
            for method in (None, *METHODS):
                yield _Case(base, batch, method, checkpoints)


def _told(case: _Case, cost: Cost, core: int) -> str:
    if not cost.fits:
        return _line(case, "does not fit")
    parts = "" if cost.together == case.batch else f", {cost.together} at a time"
    against = f"{cost.peak / core:.2f}x" if case.method and core else ""
    seconds, memory = f"{cost.seconds:.3f}{parts}", f"{cost.peak / 2**30:.2f}"
    return _line(case, seconds, memory, against, f"{cost.rows:.0f}")


def _line(case: _Case, *told: str) -> str:
    by = case.method or "core's TrainLoraNode"
    cells = [case.base, str(case.batch), by, "yes" if case.checkpoints else "no", *told]
    return f"| {' | '.join([*cells, *[''] * (8 - len(cells))])} |"
