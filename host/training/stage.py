"""What one stage of a run trains: its networks, its weights, and the trainer of both."""

import torch

from ...distil import LOSSES, Nets, Plan, Times, Trainer, Weights
from .adapters import AVERAGE, FAKE, STUDENT
from .asked import Asked, Stage
from .networks import Networks


def trainer_of(stage: Stage, asked: Asked, networks: Networks, times: Times) -> Trainer:
    """The trainer of a stage, at its first step."""
    loss, adapters = LOSSES[stage.loss], networks.adapters
    if loss.fake and not adapters.weights(FAKE):
        adapters.copy(FAKE, trained=True)
        # As DMD2 begins: a denoiser, which the student's own weights no longer are.
        adapters.forget(FAKE)
    return Trainer(
        loss,
        Nets(networks.teacher(), *map(networks.net, (STUDENT, AVERAGE, FAKE))),
        Weights(*map(adapters.weights, (STUDENT, AVERAGE, FAKE))),
        times,
        Plan(asked.target_steps),
        steps=stage.steps,
        batch=asked.batch,
        rate=asked.learning_rate,
        half=networks.patcher.model.get_dtype_inference() == torch.float16,
    )
