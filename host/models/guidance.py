"""The guidance embedding of full LCM models, as a patch to one bias.

LCM (arXiv 2310.04378) tells the network the guidance w it was distilled at: cond_proj(embed(w)) is
added to the embedded timestep before the first linear layer. For a w that stays the same that is
W1 (t + c) + b = W1 t + (b + W1 c): a bias, which costs nothing per step.
"""

import math
from typing import Any

import torch

_BIAS = "diffusion_model.time_embed.0.bias"


def set_guidance(model: Any, cond_proj: torch.Tensor, linear: torch.Tensor, guidance: float) -> Any:
    """A clone of `model`, a patcher, that draws with this guidance at CFG 1.

    `cond_proj` is (time channels, embedding), `linear` the weight of the time embedding's first
    layer, (hidden, time channels).
    """
    embedding = guidance_embedding(guidance - 1, cond_proj.shape[1])
    change = linear.float() @ (cond_proj.float() @ embedding)
    patched = model.clone()
    patched.add_patches({_BIAS: (change,)})
    return patched


def guidance_embedding(w: float, size: int) -> torch.Tensor:
    """Sines, then cosines, of 1000 w at falling frequencies, as diffusers' LCM pipelines have it.

    In float32 like the reference: the sines of numbers in the thousands depend on it.
    """
    half = size // 2
    frequencies = torch.exp(torch.arange(half) * -(math.log(10000.0) / (half - 1)))
    angles = torch.tensor(w * 1000.0) * frequencies
    return torch.nn.functional.pad(torch.cat([angles.sin(), angles.cos()]), (0, size % 2))
