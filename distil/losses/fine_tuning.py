"""A fast student learns the look of one's own pictures without losing its few steps.

Latent consistency fine-tuning (LCF, arXiv 2310.04378, section 4.4 and algorithm 4): in the
teacher's step to the middle, the picture itself stands in place of what the teacher predicts. That
alone forgets the guidance that the student has learned by heart, and with it what was asked for. So
the guidance is added as the teacher adds it: picture + (guided prediction - plain prediction).
"""

from dataclasses import replace

import torch
from torch import Tensor

from ..draws import Jump, Material, Plan
from ..times import Times
from .consistency import Rows, draw, onward, taught
from .kind import Loss, Nets, Taught

# The student jumps in the target's steps already: no shorter ones to begin with.
_WHOLE = 1.0
# Over whole steps first: a look that goes from level to level by short ones takes far longer.
_SKIPS = ((0.0, 250), (0.6, 80))


def _draw(
    material: Material, count: int, plan: Plan, done: float, generator: torch.Generator
) -> Rows:
    # Pure noise says nothing of the look: it is no more important than other levels.
    skip = replace(plan, skips=_SKIPS).skip(done)
    own = replace(plan, last=0.0, skips=((0.0, skip),))
    return draw(material, count, own, _WHOLE, generator)


def _student(nets: Nets, times: Times, plan: Plan, rows: Rows) -> Taught:
    path = Jump(rows.start, rows.middle, rows.end)
    x = times.noised(rows.image, rows.noise, path.start)
    return taught(nets, times, plan, x, path, rows, target(nets, times, x, path, rows))


@torch.no_grad()
def target(nets: Nets, times: Times, x: Tensor, path: Jump, rows: Rows) -> Tensor:
    """The step that picture and guidance take to the middle, then the average's jump."""
    sigmas = times.sigmas(path.start, x)
    goal = rows.image + nets.guidance(x, sigmas, rows.context)
    between = times.moved(x, goal, path.start, path.middle)
    return onward(nets, times, between, path, rows.context)


FINE_TUNING = Loss("fine-tuning", "images", Rows, _draw, _student)
