"""A UNet in Stable Diffusion 1.5's layout, cut down to one resolution and three transformers."""

import math

import torch
from torch import Tensor, nn

from .attention import Transformer

WIDTH, CONTEXT = 320, 768
_TIME = 4 * WIDTH
_CHANNELS = 4


class UNet(nn.Module):
    """Predicts the noise in latents at the training times 0..999, given the prompt."""

    def __init__(self) -> None:
        super().__init__()
        self.time_embed = nn.Sequential(nn.Linear(WIDTH, _TIME), nn.SiLU(), nn.Linear(_TIME, _TIME))
        first = nn.Conv2d(_CHANNELS, WIDTH, 3, padding=1)
        self.input_blocks = nn.ModuleList([nn.ModuleList([first]), block(WIDTH)])
        self.output_blocks = nn.ModuleList([block(2 * WIDTH), block(2 * WIDTH)])
        self.out = nn.Sequential(
            nn.GroupNorm(32, WIDTH), nn.SiLU(), nn.Conv2d(WIDTH, _CHANNELS, 3, padding=1)
        )
        nn.init.zeros_(self.out[2].weight)

    def forward(
        self, x: Tensor, time: Tensor, prompt: Tensor, control: list[Tensor] | None = None
    ) -> Tensor:
        """B 4 H W; `control` is what a ControlNet adds: two for the skips, one in the middle."""
        first, second, middle = control or (0, 0, 0)
        emb = embedded_time(self.time_embed, time)
        shallow = self.input_blocks[0][0](x)
        # ComfyUI 0.30 adds in place: without a middle block, skip and input are one tensor.
        x = through(self.input_blocks[1], shallow, emb, prompt) + middle + second
        skips = [shallow + first, x]
        for layers in self.output_blocks:
            x = through(layers, torch.cat([x, skips.pop()], 1), emb, prompt)
        # At t = 999 an error here is 15 times as large in the picture.
        with torch.autocast(x.device.type, enabled=False):
            return self.out(x.float())


class Residual(nn.Module):
    """Two convolutions that see the time between them, added to the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.in_layers = nn.Sequential(
            nn.GroupNorm(32, channels), nn.SiLU(), nn.Conv2d(channels, WIDTH, 3, padding=1)
        )
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(_TIME, WIDTH))
        last = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        nn.init.zeros_(last.weight)
        self.out_layers = nn.Sequential(nn.GroupNorm(32, WIDTH), nn.SiLU(), nn.Identity(), last)
        same = channels == WIDTH
        self.skip_connection = nn.Identity() if same else nn.Conv2d(channels, WIDTH, 1)

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        inner = self.in_layers(x) + self.emb_layers(emb)[:, :, None, None]
        return self.skip_connection(x) + self.out_layers(inner)


def block(channels: int) -> nn.ModuleList:
    """A residual block with its transformer."""
    return nn.ModuleList([Residual(channels), Transformer(WIDTH, CONTEXT)])


def through(layers: nn.Module, x: Tensor, emb: Tensor, prompt: Tensor) -> Tensor:
    """`x` after such a block."""
    residual, transformer = layers.children()
    return transformer(residual(x, emb), prompt)


def embedded_time(layers: nn.Module, time: Tensor) -> Tensor:
    """Cosines and sines of the time, then two layers, in fp32."""
    half = WIDTH // 2
    rates = torch.exp(-math.log(10000) * torch.arange(half, device=time.device) / half)
    angle = time.float()[:, None] * rates
    with torch.autocast(time.device.type, enabled=False):
        return layers(torch.cat([angle.cos(), angle.sin()], 1))
