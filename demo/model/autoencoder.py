"""A TAESD (github.com/madebyollin/taesd): pictures in 0..1 to latents of 4 channels and back."""

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

_WIDTH = 64
_CHANNELS = 4
# Latents reach the diffusion model as the encoder makes them: ComfyUI scales by this and back.
SCALE, SHIFT = 0.18215, 0.0


class Autoencoder(nn.Module):
    """Encoder and decoder under the names that ComfyUI's loader looks for."""

    def __init__(self) -> None:
        super().__init__()
        down = [layer for _ in range(3) for layer in (_Down(), _Block(), _Block(), _Block())]
        self.taesd_encoder = nn.Sequential(
            _conv(3, _WIDTH), _Block(), *down, _conv(_WIDTH, _CHANNELS)
        )
        up = [layer for _ in range(3) for layer in (_Block(), _Block(), _Block(), _Double(), _up())]
        self.taesd_decoder = nn.Sequential(
            _Soft(), _conv(_CHANNELS, _WIDTH), nn.ReLU(), *up, _Block(), _conv(_WIDTH, 3)
        )

    def encode(self, pictures: Tensor) -> Tensor:
        """B 4 H/8 W/8, mean about 0 and deviation about 1."""
        return self.taesd_encoder(pictures)

    def decode(self, latents: Tensor) -> Tensor:
        """B 3 H W, about 0..1, not clamped."""
        return self.taesd_decoder(latents)


class _Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers = [_conv(_WIDTH, _WIDTH) for _ in range(3)]
        self.conv = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])

    def forward(self, x: Tensor) -> Tensor:
        return relu(self.conv(x) + x)


class _Soft(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x / 3) * 3


class _Double(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return interpolate(x, scale_factor=2, mode="nearest")


class _Down(nn.Conv2d):
    def __init__(self) -> None:
        super().__init__(_WIDTH, _WIDTH, 3, stride=2, padding=1, bias=False)


def _up() -> nn.Module:
    return nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1, bias=False)


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)
