"""A fast student learns the look of one's own pictures without losing its few steps.

Latent consistency fine-tuning (LCF, arXiv 2310.04378, section 4.4 and algorithm 4): in place of
the teacher's step, the middle is the same picture with the same noise, at the level there. That
alone forgets the guidance that the student has learned by heart, and with it what was asked for.
So the pictures teach the levels at which the look is decided, and above them, where what is shown
and where is decided, the teacher goes on teaching.
"""

from dataclasses import replace

import torch
from torch import Tensor

from ..draws import Jump, Material, Plan
from ..times import Times
from .consistency import Rows, draw, onward, taught
from .kind import Loss, Nets, Taught

# The highest time at which the pictures teach.
LOOK = 599
# The student jumps in the target's steps already: no shorter ones to begin with.
_WHOLE = 1.0


def _draw(
    material: Material, count: int, plan: Plan, done: float, generator: torch.Generator
) -> Rows:
    # Pure noise is the teacher's part, and no more important than others.
    own = replace(plan, last=0.0, skips=((0.0, plan.skip(done)),))
    return draw(material, count, own, _WHOLE, generator)


def _student(nets: Nets, times: Times, plan: Plan, rows: Rows) -> Taught:
    path = Jump(rows.start, rows.middle, rows.end)
    x = times.noised(rows.image, rows.noise, path.start)
    return taught(nets, times, plan, x, path, rows, target(nets, times, x, path, rows))


@torch.no_grad()
def target(nets: Nets, times: Times, x: Tensor, path: Jump, rows: Rows) -> Tensor:
    """The picture noised to the middle, or the teacher's step there; then the average's jump."""
    between = times.noised(rows.image, rows.noise, path.middle)
    high = (path.start > LOOK).nonzero().flatten()
    if len(high):
        here = high.to(x.device)
        start, middle = path.start[high], path.middle[high]
        between[here] = times.land(nets.teacher, x[here], start, middle, rows.context[high])
    return onward(nets, times, between, path, rows.context)


FINE_TUNING = Loss("fine-tuning", "images", Rows, _draw, _student)
