"""What one stage of a run trains: its networks, its weights, and the trainer of both."""

import torch
from torch import Tensor

from ...distil import (
    FAKE,
    HEADS,
    LOSSES,
    TIMES,
    Discriminating,
    Nets,
    Plan,
    Times,
    Trainer,
    Weights,
)
from .adapters import AVERAGE, LEARNED, START, STUDENT
from .asked import Asked, Stage
from .conditions import Conditions
from .material import Learned
from .networks import Networks
from .rewards.feedback import Feedback

# What the end of the teacher's path counts beside the discriminator (docs/measured.md).
_NEAR = 0.5


def trainer_of(
    stage: Stage,
    asked: Asked,
    networks: Networks,
    learned: Learned,
    times: Times,
    feedback: Feedback | None = None,
) -> Trainer:
    """The trainer of a stage, at its first step, with a reward where there is one."""
    loss, adapters = LOSSES[stage.loss], networks.adapters
    near = 0.0 if learned.material.paths is None else _NEAR
    plan = Plan(asked.target_steps, discriminator=Discriminating(distance=near))
    if feedback:
        loss = feedback.with_reward(loss)
    features = networks.features(plan.seen)
    if loss.asks_start and not adapters.weights(START):
        adapters.copy(START)
    rivals = {rival.name for rival in loss.rivals}
    if FAKE in rivals and not adapters.weights(FAKE):
        adapters.copy(FAKE)
        # As DMD2 begins: a denoiser, which the student's own weights no longer are.
        adapters.forget(FAKE)
    if HEADS in rivals:
        example = _example(networks, learned, times)
        networks.heads.begin(plan.discriminator, features, example, asked.seed)
    known = {FAKE: adapters.weights(FAKE), HEADS: networks.heads.weights()}
    return Trainer(
        loss,
        Nets(
            networks.teacher(),
            *map(networks.net, (STUDENT, AVERAGE, FAKE)),
            features,
            networks.heads,
            networks.net(LEARNED),
        ),
        Weights(*map(adapters.weights, (STUDENT, AVERAGE)), known),
        times,
        plan,
        steps=stage.steps,
        batch=asked.batch,
        rate=asked.learning_rate,
        half=networks.patcher.model.get_dtype_inference() == torch.float16,
        limit=feedback.limit if feedback else None,
    )


def _example(
    networks: Networks, learned: Learned, times: Times
) -> tuple[Tensor, Tensor, Conditions]:
    """An x that shows what the teacher's features are like."""
    material = learned.material
    x = torch.zeros(1, *material.shape, device=networks.device)
    return x, times.sigmas(torch.tensor([TIMES // 2]), x), material.prompts[slice(0, 1)]
