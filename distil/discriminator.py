"""The discriminator's heads: small convolutions on the teacher's features (LADD, 2403.12015)."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

_GROUPS, _TOGETHER = 32, 8
_WAVES = (0.5, 1.0, 1.5, 2.0)


class Discriminator(torch.nn.Module):
    """A head for each map of `channels`, all told the level and the prompt.

    `prompt` is the length of a pooled prompt and `width` the channels inside of a head. The weights
    come from the generator alone.
    """

    def __init__(
        self, channels: Sequence[int], prompt: int, width: int, generator: torch.Generator
    ):
        super().__init__()
        self.heads = torch.nn.ModuleList(_Head(one, prompt, width) for one in channels)
        with torch.no_grad():
            for weight in self.parameters():
                if weight.ndim == 1:
                    weight.zero_()
                else:
                    drawn = torch.randn(weight.shape, generator=generator)
                    weight.copy_(drawn * weight[0].numel() ** -0.5)

    def forward(self, maps: Sequence[Tensor], level: Tensor, prompt: Tensor) -> list[Tensor]:
        """Logits B N, one a place, of each head.

        `maps` are B C H W, `level` B is the log of noise over image, `prompt` B P.
        """
        return [head(one, level, prompt) for head, one in zip(self.heads, maps, strict=True)]


class _Head(torch.nn.Module):
    def __init__(self, channels: int, prompt: int, width: int):
        super().__init__()
        self.first = torch.nn.Conv2d(channels, width, 3, padding=1)
        self.second = torch.nn.Conv2d(width, width, 3, padding=1)
        self.last = torch.nn.Conv2d(width, 1, 1)
        self.level = torch.nn.Linear(2 * len(_WAVES), width)
        self.prompt = torch.nn.Linear(prompt, width)

    def forward(self, seen: Tensor, level: Tensor, prompt: Tensor) -> Tensor:
        like = self.last.weight
        seen, level, prompt = (one.to(like.dtype) for one in (seen, level, prompt))
        shown = self.first(F.group_norm(seen, groups_of(seen)))
        shown = F.silu(shown + self.level(_waves(level))[:, :, None, None])
        shown = F.silu(self.second(shown))
        # Whether it fits the prompt: the projection of a conditional GAN (arXiv 1802.05637).
        wanted = self.prompt(F.layer_norm(prompt, prompt.shape[1:]))[:, :, None, None]
        fits = (shown * wanted).mean(1) * shown.shape[1] ** 0.5
        return (self.last(shown)[:, 0] + fits).flatten(1)


def groups_of(seen: Tensor) -> int:
    """Into how many groups channels are put whose size is measured together, eight or more each."""
    channels = seen.shape[1]
    return math.gcd(_GROUPS, channels // _TOGETHER) if channels % _TOGETHER == 0 else 1


def _waves(level: Tensor) -> Tensor:
    angles = level[:, None] * level.new_tensor(_WAVES)
    return torch.cat([angles.sin(), angles.cos()], 1)
