"""A fast student learns pictures of one's own: no teacher, whose pictures look otherwise.

Latent consistency fine-tuning (LCF, arXiv 2310.04378, section 4.4 and algorithm 4): in place of
the teacher's step, the middle is the same picture with the same noise, at the level there.
"""

import torch
from torch import Tensor

from ..draws import Jump, Plan
from ..times import Times
from .consistency import Rows, draw, onward, taught
from .kind import Loss, Nets, Taught


def _student(nets: Nets, times: Times, plan: Plan, rows: Rows) -> Taught:
    path = Jump(rows.start, rows.middle, rows.end)
    x = times.noised(rows.image, rows.noise, path.start)
    return taught(nets, times, plan, x, path, rows, target(nets, times, path, rows))


@torch.no_grad()
def target(nets: Nets, times: Times, path: Jump, rows: Rows) -> Tensor:
    """The picture noised to the middle, then the average's jump to the end; no gradient."""
    between = times.noised(rows.image, rows.noise, path.middle)
    return onward(nets, times, between, path, rows.context)


FINE_TUNING = Loss("fine-tuning", "images", Rows, draw, _student)
