"""One run: a student taught by the model it is for, kept in a folder that it goes on from."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import comfy.model_management as host
import comfy.utils
import torch
from torch import Tensor

from ...distil import LOSSES, Nets, NotFiniteError, Plan, Times, Trainer, Weights
from ...recipes import Recipe
from .. import folders
from . import checks
from .adapters import AVERAGE, FAKE, STUDENT, Adapters
from .asked import Asked, Given, Stage, settings_of, stages_of
from .blocks import Checkpoints, KeptInputs
from .levels import times_of
from .made import MadeLora, kohya_tensors, recipe_of, with_lora
from .material import Learned, material_of
from .memory import with_less
from .network import Network
from .paths import folder_of
from .previews import Previews
from .report import notes_of, report_of
from .session import fingerprint, load, trainable
from .start import Start, kohya_names, start_of

# A LoRA's numbers are kept as three sets in fp32, and two moments of two of them.
_BYTES = 4 * 7


class Made(NamedTuple):
    """What a run gives: the model with the LoRA, the LoRA, losses, recipe, a sheet, a report."""

    model: Any
    lora: MadeLora
    losses: list[float]
    recipe: Recipe
    sheet: Tensor
    report: str


def runs_folder() -> Path:
    return folders.user_folder() / "training"


def distil(model: Any, clip: Any, asked: Asked, given: Given) -> Made:
    """Trains a LoRA for `model`, a patcher, or goes on with the run of this name.

    Raises ValueError, before any training, for what cannot be trained or is not the same run.
    """
    stages = stages_of(asked, given)
    checks.check_plain_model(model)
    times = times_of(model)
    start = start_of(model, asked.start_lora, given.start, asked.rank, asked.seed)
    learned = material_of(model, clip, asked, given)
    folder = folder_of(runs_folder(), asked.name)
    numbers = sum(one.numel() for pair in start.matrices.values() for one in pair)
    checks.check_room(folder.path, numbers * _BYTES)
    with trainable(model) as patcher:
        teacher = fingerprint(patcher.model)
        folder.open(settings_of(asked, given, teacher))
        run = _Run(patcher, asked, start, learned, times, given.vae, folder)
        with run.injected():
            run.go(stages)
        tensors = kohya_tensors(
            patcher.model, run.adapters.pairs(AVERAGE), kohya_names(patcher.model)
        )
    of = given.recipe or start.recipe
    notes = notes_of(asked, given, start, run.step, teacher)
    recipe = recipe_of(model, asked.name, asked.target_steps, of, notes.text)
    lora = MadeLora(tensors, asked.name, recipe, notes.provenance)
    report = report_of(asked, run.told, recipe, runs_folder())
    return Made(with_lora(model, lora), lora, run.losses, recipe, run.previews.image(), report)


class _Run:
    """The state of a run while it goes."""

    def __init__(
        self,
        patcher: Any,
        asked: Asked,
        start: Start,
        learned: Learned,
        times: Times,
        vae: Any,
        folder: Any,
    ):
        self._patcher, self._asked, self._folder = patcher, asked, folder
        self._learned, self._times = learned, times
        self._device = patcher.load_device
        # In the network that is trained: the host may have made another than it gave.
        layers = {name: patcher.model.get_submodule(name) for name in start.matrices}
        self.adapters = Adapters(layers, start.matrices, self._device)
        self._checkpoints = Checkpoints(patcher.model, self.adapters.switch)
        self._kept = KeptInputs(patcher.model)
        self._random = torch.Generator().manual_seed(asked.seed % 2**63)
        self._dice = self._random.get_state()
        self._micro = asked.batch
        self.losses: list[float] = []
        self.step, self.stopped = 0, ""
        self.told: list[str] = []
        material = learned.material
        self.previews = Previews(
            patcher,
            vae,
            times,
            material.shape,
            learned.shown,
            learned.shown_conditions,
            asked.target_steps,
        )

    @contextmanager
    def injected(self) -> Iterator[None]:
        """The adapters on the layers, and all forwards as they were when it ends."""
        self.adapters.inject()
        try:
            yield
        finally:
            self._checkpoints.stop()
            self._kept.stop()
            self.adapters.eject()

    def go(self, stages: list[Stage]) -> None:
        """All steps that are left."""
        state = self._folder.load()
        self._probe()
        self._look("before", STUDENT)
        if state is not None:
            self._restore(state)
            self.told.append(f"Went on from step {self.step}.")
        begun, first = time.monotonic(), self.step
        bar = comfy.utils.ProgressBar(self._asked.steps)
        before = 0
        for stage in stages:
            if self.step < before + stage.steps and not self.stopped:
                self._train(stage, before, state, bar)
            before += stage.steps
        if self.step > first:
            seconds = (time.monotonic() - begun) / (self.step - first)
            self.told.append(f"{seconds:.2f} seconds a step.")
            self._save(None)
        self._look(f"after {self.step} steps", AVERAGE)
        self.previews.add_teacher(self._net(None), self._device)

    def _train(self, stage: Stage, before: int, state: Any, bar: Any) -> None:
        trainer = self._trainer(stage)
        if state and state["trainer"] and before < state["step"] < before + stage.steps:
            trainer.restore(state["trainer"])
        trainer.micro = self._micro
        asked = self._asked
        try:
            while trainer.step < trainer.steps:
                host.throw_exception_if_processing_interrupted()
                for number, phase in enumerate(
                    trainer.phases(self._learned.material, self._random)
                ):
                    value = with_less(phase, lambda: self._less(trainer))
                    if number == 0:
                        self.losses.append(value)
                        self.step = before + trainer.step
                self._dice = self._random.get_state()
                bar.update_absolute(self.step, asked.steps, self._preview())
                if asked.save_every and self.step % asked.save_every == 0:
                    self._save(trainer)
        except NotFiniteError as error:
            self.stopped = f"Stopped after {self.step} good steps: {error} Lower learning_rate."
            self.told.append(self.stopped)
            self._save(trainer)
        except host.InterruptProcessingException:
            self._save(trainer)
            raise

    def _trainer(self, stage: Stage) -> Trainer:
        loss = LOSSES[stage.loss]
        if loss.fake and not self.adapters.weights(FAKE):
            self.adapters.copy(FAKE, trained=True)
            # As DMD2 begins: a denoiser, which the student's own weights no longer are.
            self.adapters.forget(FAKE)
        weights = Weights(*(self.adapters.weights(name) for name in (STUDENT, AVERAGE, FAKE)))
        nets = Nets(self._net(None), *map(self._net, (STUDENT, AVERAGE, FAKE)))
        return Trainer(
            loss,
            nets,
            weights,
            self._times,
            Plan(self._asked.target_steps),
            steps=stage.steps,
            batch=self._asked.batch,
            rate=self._asked.learning_rate,
            half=self._patcher.model.get_dtype_inference() == torch.float16,
        )

    def _net(self, name: str | None) -> Network:
        cfg = self._asked.cfg if name is None else 1.0
        return Network(self._patcher, self.adapters.switch, name, cfg, self._learned.empty)

    def _probe(self) -> None:
        """Raises ValueError where nothing could be learned; nothing is changed by it."""
        material = self._learned.material
        one = torch.zeros(1, dtype=torch.long)
        noise = torch.randn(1, *material.shape, generator=torch.Generator().manual_seed(0))
        x = self._times.pure(noise.to(self._device))
        ups = [pair.up for pair in self.adapters.pairs(STUDENT).values()]

        def look() -> None:
            net = self._net(STUDENT)
            image = net(x, self._times.sigmas(one + 999, x), material.prompts[one])
            checks.check_gradients(image, ups)

        try:
            with_less(look, lambda: self._less(None))
        except checks.ChangedInPlaceError:
            self._kept.start()
            with_less(look, lambda: self._less(None))

    def _less(self, trainer: Trainer | None) -> bool:
        """Half of the rows at a time, then blocks computed twice; False where both are done."""
        if trainer and trainer.micro > 1:
            trainer.micro = self._micro = (trainer.micro + 1) // 2
            self.told.append(f"Memory was short: {trainer.micro} pictures at a time.")
            return True
        if not self._checkpoints.on:
            self._checkpoints.start()
            self.told.append("Memory was short: blocks are computed twice.")
            return True
        return False

    def _preview(self) -> Any:
        every = self._asked.preview_every
        if not every or self.step % every:
            return None
        sheet = self._look("now", AVERAGE)
        return ("JPEG", sheet, 1024)

    def _look(self, label: str, name: str) -> Any:
        sheet = self.previews.add(label, self._net(name), self._device)
        # The VAE may have taken the model's place.
        load(self._patcher)
        return sheet

    def _save(self, trainer: Trainer | None) -> None:
        self._folder.save(
            {
                "step": self.step,
                "trainer": trainer.state() if trainer else None,
                "sets": self.adapters.state(),
                "random": self._dice,
                "losses": self.losses,
                "micro": self._micro,
                "twice": self._checkpoints.on,
                "stopped": self.stopped,
            }
        )

    def _restore(self, state: dict[str, Any]) -> None:
        self.adapters.restore(state["sets"])
        self._random.set_state(state["random"])
        self._dice = state["random"]
        self.step, self.losses = state["step"], state["losses"]
        self._micro, self.stopped = state["micro"], state["stopped"]
        if self.stopped:
            self.told.append(self.stopped)
        if state["twice"]:
            self._checkpoints.start()
