"""The student's first pass, which says before any training whether something can be learned."""

import torch

from ...distil import Times
from . import checks
from .adapters import STUDENT
from .material import Learned
from .memory import Memory
from .networks import Networks

# Where other nodes put their guidance, which may be of a kind that training cannot follow.
_GUIDANCE = ("sampler_cfg_function", "sampler_pre_cfg_function", "sampler_post_cfg_function")


def probe(networks: Networks, memory: Memory, learned: Learned, times: Times) -> None:
    """Raises ValueError where nothing could be learned; nothing is changed by it."""
    material = learned.material
    one = torch.zeros(1, dtype=torch.long)
    noise = torch.randn(1, *material.shape, generator=torch.Generator().manual_seed(0))
    x = times.pure(noise.to(networks.device))
    ups = [pair.up for pair in networks.adapters.pairs(STUDENT).values()]

    def look() -> None:
        image = networks.net(STUDENT)(x, times.sigmas(one + 999, x), material.prompts[one])
        checks.check_gradients(image, ups)

    def guided() -> None:
        with torch.no_grad():
            networks.teacher()(x, times.sigmas(one + 999, x), material.prompts[one])

    if any(name in networks.patcher.model_options for name in _GUIDANCE):
        memory.enough_for(guided)
    try:
        memory.enough_for(look)
    except checks.ChangedInPlaceError:
        networks.kept.start()
        memory.enough_for(look)
