"""Steps of our methods and of core's TrainLoraNode on one model: seconds, and peak memory."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import comfy_extras.nodes_train as core
import torch
from fewstep.host.out_of_memory import is_out_of_memory
from fewstep.host.training.asked import Asked, Given, Stage
from fewstep.host.training.levels import times_of
from fewstep.host.training.material import material_of
from fewstep.host.training.networks import Networks
from fewstep.host.training.paths import PathsAsked, TeacherPaths
from fewstep.host.training.session import trainable
from fewstep.host.training.stage import trainer_of
from fewstep.host.training.start import start_of
from full_unet import Unet, prompt
from peak_memory import peak_memory

METHODS = ("trajectory", "consistency", "score")
_PATHS, _POINTS = 8, 4


class Turns(NamedTuple):
    """How often to step: `warm` steps are not timed, and `measured` ones are."""

    warm: int
    measured: int


class Cost(NamedTuple):
    """Seconds a step, bytes at the peak above the model's, rows that go through the network.

    `together` is how many rows of the batch fit at a time. Nothing of it where none fit.
    """

    seconds: float = 0.0
    peak: int = 0
    rows: float = 0.0
    together: int = 0

    @property
    def fits(self) -> bool:
        return self.together > 0


class _Clip:
    """Texts of random numbers, all different."""

    def __init__(self, unet: Unet):
        self._unet = unet

    def tokenize(self, text: str) -> str:
        return text

    def encode_from_tokens_scheduled(self, text: str) -> list:
        return prompt(self._unet, len(text))


def our_cost(
    model: Any, unet: Unet, method: str, batch: int, turns: Turns, *, checkpoints: bool
) -> Cost:
    """Of a step with a new LoRA; in halves of the batch where memory is short."""
    together = batch
    with trainable(model) as patcher:
        while together:
            try:
                cost = _ours(patcher, unet, method, batch, together, turns, checkpoints)
            except BaseException as error:
                if not is_out_of_memory(error):
                    raise
            else:
                return cost
            together //= 2
    return Cost()


def _ours(
    patcher: Any,
    unet: Unet,
    method: str,
    batch: int,
    together: int,
    turns: Turns,
    checkpoints: bool,
) -> Cost:
    with peak_memory(patcher.load_device) as peak, _counted(patcher.model) as rows:
        asked, times = _asked(unet, method, batch), times_of(patcher)
        learned = material_of(patcher, _Clip(unet), asked, Given(paths=_paths(unet)))
        start = start_of(patcher, asked.start_lora, None, asked.rank, asked.seed)
        networks = Networks(patcher, start.matrices, asked.cfg, learned.empty)
        trainer = trainer_of(Stage(method, asked.steps), asked, networks, learned, times)
        trainer.micro = together
        dice = torch.Generator().manual_seed(1)
        with networks.injected():
            if checkpoints:
                networks.checkpoints.start()
            stamps = [_now(patcher.load_device)]
            for _ in range(turns.warm + turns.measured):
                for phase in trainer.phases(learned.material, dice):
                    phase()
                stamps.append(_now(patcher.load_device))
    return Cost(_per_step(stamps, turns), peak.bytes, rows[0] / (len(stamps) - 1), together)


def _asked(unet: Unet, method: str, batch: int) -> Asked:
    """The node's own settings, but for the sizes."""
    return Asked(
        prompts="",
        negative="",
        start_lora="none",
        method=method,
        target_steps=4,
        steps=1000,
        batch=batch,
        learning_rate=1e-5,
        rank=unet.rank,
        cfg=5.0,
        seed=1,
        name="bench",
        width=8 * unet.side,
        height=8 * unet.side,
    )


def _paths(unet: Unet) -> TeacherPaths:
    """Random ones, in place of the teacher's."""
    latents = torch.randn(_PATHS, _POINTS + 1, 4, unet.side, unet.side, dtype=torch.float16)
    times = torch.tensor([999, 749, 499, 249, -1])
    prompts = ["x" * (1 + row) for row in range(_PATHS)]
    side = 8 * unet.side
    asked = PathsAsked("", "", _PATHS, 5.0, _POINTS, side, side, 1, "bench")
    return TeacherPaths(latents, times, prompts, asked, "")


def core_cost(
    model: Any, copied: Any, unet: Unet, batch: int, turns: Turns, *, checkpoints: bool
) -> Cost:
    """Of TrainLoraNode with its own settings and our rank, on `copied` in place of its own copy."""
    model.cached_patcher_init = (lambda disable_dynamic: copied, ())
    try:
        with peak_memory(model.load_device) as peak, _counted(copied.model) as rows:
            stamps = _core_stamps(model, unet, batch, turns, checkpoints)
    except BaseException as error:
        if not is_out_of_memory(error):
            raise
        return Cost()
    return Cost(_per_step(stamps, turns), peak.bytes, rows[0] / (len(stamps) - 1), batch)


def _core_stamps(
    model: Any, unet: Unet, batch: int, turns: Turns, checkpoints: bool
) -> list[float]:
    """When training began and each of its steps ended."""
    stamps = []

    class Bar:
        def __init__(self, _: int):
            stamps.append(_now(model.load_device))

        def update(self, _: int) -> None:
            stamps.append(_now(model.load_device))

    plain, core.ProgressBar = core.ProgressBar, Bar
    settings = {one.id: one.default for one in core.TrainLoraNode.define_schema().inputs[3:]}
    settings |= {
        "batch_size": batch,
        "steps": turns.warm + turns.measured,
        "rank": unet.rank,
        "gradient_checkpointing": checkpoints,
    }
    latents = {"samples": torch.randn(batch, 4, unet.side, unet.side)}
    try:
        core.TrainLoraNode.execute(
            [model],
            [latents],
            [prompt(unet, 1)],
            **{name: [value] for name, value in settings.items()},
        )
    finally:
        core.ProgressBar = plain
    return stamps


@contextmanager
def _counted(network: Any) -> Iterator[list[int]]:
    """Rows that go forward through the network; those that are computed again do not count."""
    rows = [0]

    def count(_: Any, given: tuple) -> None:
        rows[0] += len(given[0])

    hook = network.diffusion_model.register_forward_pre_hook(count)
    try:
        yield rows
    finally:
        hook.remove()


def _now(device: torch.device, clock: Callable[[], float] = time.perf_counter) -> float:
    """The clock when the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return clock()


def _per_step(stamps: list[float], turns: Turns) -> float:
    return (stamps[-1] - stamps[turns.warm]) / turns.measured
