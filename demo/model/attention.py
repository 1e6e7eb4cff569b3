"""The transformer of Stable Diffusion 1.5's UNet: self-attention, prompt, gated layer."""

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

_HEADS = 8


class Transformer(nn.Module):
    """One block between two 1x1 convolutions, added to its input."""

    def __init__(self, width: int, context: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(32, width, eps=1e-6)
        self.proj_in = nn.Conv2d(width, width, 1)
        self.transformer_blocks = nn.ModuleList([_Block(width, context)])
        self.proj_out = nn.Conv2d(width, width, 1)
        nn.init.zeros_(self.proj_out.weight)

    def forward(self, x: Tensor, prompt: Tensor) -> Tensor:
        height, width = x.shape[2:]
        inner = self.proj_in(self.norm(x)).flatten(2).mT  # B HW C
        inner = self.transformer_blocks[0](inner, prompt)
        inner = inner.mT.unflatten(2, (height, width))
        return x + self.proj_out(inner.contiguous(memory_format=torch.channels_last))


class _Block(nn.Module):
    def __init__(self, width: int, context: int) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))
        self.attn1 = _Attention(width, width)
        self.attn2 = _Attention(width, context)
        self.ff = _Gated(width)

    def forward(self, x: Tensor, prompt: Tensor) -> Tensor:
        inner = self.norm1(x)
        x = x + self.attn1(inner, inner)
        x = x + self.attn2(self.norm2(x), prompt)
        return x + self.ff(self.norm3(x))


class _Attention(nn.Module):
    def __init__(self, width: int, context: int) -> None:
        super().__init__()
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(context, width, bias=False)
        self.to_v = nn.Linear(context, width, bias=False)
        self.to_out = nn.Sequential(nn.Linear(width, width))

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        query, key, value = self.to_q(x), self.to_k(other), self.to_v(other)
        query, key, value = (_split(part) for part in (query, key, value))
        mixed = scaled_dot_product_attention(query, key, value)
        return self.to_out(mixed.transpose(1, 2).flatten(2))


class _Gated(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.net = nn.Sequential(_Gate(width), nn.Identity(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class _Gate(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.proj = nn.Linear(width, 8 * width)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.proj(x).chunk(2, -1)
        return value * gelu(gate)


def _split(x: Tensor) -> Tensor:
    return x.unflatten(2, (_HEADS, -1)).transpose(1, 2)  # B H T C/H
