"""The loop of a run: all its stages, looked at, saved and gone on with on the way."""

from functools import partial
from typing import Any

import comfy.model_management as host
from PIL import Image

from ...distil import Net, NotFiniteError, RunFolder, Times, Trainer
from ..time_left import TimeLeft
from .adapters import AVERAGE, STUDENT
from .asked import Asked, Stage
from .material import Learned
from .memory import Memory
from .networks import Networks
from .previews import Previews
from .probe import probe
from .progress import Progress
from .rewards.feedback import Feedback, Look
from .stage import trainer_of


class Loop:
    """Trains `networks` as asked; what it tells of itself is in `progress` and `previews`."""

    def __init__(
        self,
        asked: Asked,
        networks: Networks,
        learned: Learned,
        times: Times,
        previews: Previews,
        folder: RunFolder,
        feedback: Feedback | None = None,
    ):
        self._asked, self._networks, self._learned = asked, networks, learned
        self._times, self._previews, self._folder = times, previews, folder
        self._feedback = feedback
        self.progress = Progress(asked.seed)
        self._memory = Memory(networks.checkpoints, asked.batch, self.progress.told)
        self._parts = (self.progress, networks, self._memory)

    def go(self, stages: list[Stage]) -> None:
        """All steps that are left."""
        progress, state = self.progress, self._folder.load()
        probe(self._networks, self._memory, self._learned, self._times)
        self._look("before", STUDENT)
        start = self._scored(self._networks.net(STUDENT))
        if state is not None:
            for part in self._parts:
                part.restore(state)
        first = progress.step
        time_left = TimeLeft(self._asked.name, self._asked.steps, first)
        before = 0
        for stage in stages:
            if progress.step < before + stage.steps and not progress.stopped:
                self._train(stage, before, state, time_left)
            before += stage.steps
        if progress.step > first:
            seconds = time_left.seconds_each(progress.step)
            progress.told.append(f"{seconds:.2f} seconds a step.")
            self._save(None)
        self._look(f"after {progress.step} steps", AVERAGE)
        self._previews.add_teacher(self._networks.teacher(), self._networks.device)
        if self._feedback:
            self._networks.load()
            after = self._scored(self._networks.net(AVERAGE))
            steps = self._previews.teacher_steps
            teacher = self._scored(self._networks.teacher(), steps)
            average = self._networks.adapters.weights(AVERAGE)
            progress.told += self._feedback.told(start, after, teacher, average)

    def _train(self, stage: Stage, before: int, state: Any, time_left: TimeLeft) -> None:
        """The steps of a stage that are left; `before` it were those of the stages before."""
        progress, asked = self.progress, self._asked
        trainer = self._memory.enough_for(partial(self._trainer, stage))
        if state and state["trainer"] and before < state["step"] < before + stage.steps:
            trainer.restore(state["trainer"])
        trainer.micro = self._memory.micro
        try:
            while trainer.step < trainer.steps:
                host.throw_exception_if_processing_interrupted()
                self._step(trainer, before)
                time_left.tell(progress.step, f"loss {progress.loss():.4g}", self._preview())
                if asked.save_every and progress.step % asked.save_every == 0:
                    self._save(trainer)
        except NotFiniteError as error:
            progress.stop(f"Stopped after {progress.step} good steps: {error} Lower learning_rate.")
            self._save(trainer)
        except host.InterruptProcessingException:
            self._save(trainer)
            raise

    def _trainer(self, stage: Stage) -> Trainer:
        learned, times = self._learned, self._times
        return trainer_of(stage, self._asked, self._networks, learned, times, self._feedback)

    def _step(self, trainer: Trainer, before: int) -> None:
        """One step, whole or not at all: once the student has learned, its rivals do as well."""
        phases = trainer.phases(self._learned.material, self.progress.random)
        value = self._memory.enough_for(next(phases), trainer)
        self.progress.learned(before + trainer.step, value)
        cancelled = None
        for phase in phases:
            try:
                self._memory.enough_for(phase, trainer)
            # The host raises it once, in any layer. Asked twice in a phase, the run ends at once.
            except host.InterruptProcessingException as error:
                cancelled = error
                self._memory.enough_for(phase, trainer)
        self.progress.finished()
        if cancelled:
            raise cancelled

    def _preview(self) -> tuple[str, Image.Image, int] | None:
        every = self._asked.preview_every
        if not every or self.progress.step % every:
            return None
        return ("JPEG", self._look("now", AVERAGE), 1024)

    def _look(self, label: str, name: str) -> Image.Image:
        sheet = self._previews.add(label, self._networks.net(name), self._networks.device)
        # The VAE may have taken the model's place.
        self._networks.load()
        return sheet

    def _scored(self, net: Net, steps: int = 0) -> Look | None:
        if not self._feedback:
            return None
        steps = steps or self._previews.steps
        look = partial(self._feedback.look, net, self._times, steps, self._networks.device)
        return self._memory.enough_for(look)

    def _save(self, trainer: Trainer | None) -> None:
        state = {key: value for part in self._parts for key, value in part.state().items()}
        self._folder.save({**state, "trainer": trainer.state() if trainer else None})
