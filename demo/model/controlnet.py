"""A ControlNet (arXiv 2302.05543) in Stable Diffusion 1.5's layout for the small UNet."""

import torch
from torch import Tensor, nn

from .device import autocast
from .diffusion import Predictor
from .unet import WIDTH, Residual, UNet, block, embedded_time, through

# Channels of the layers that shrink the drawing to the size of latents, and their strides.
_HINT = ((3, 16, 1), (16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 96, 2), (96, 96, 1), (96, 256, 2))


class ControlNet(nn.Module):
    """Sees latents and a drawing of the picture's size; gives what the UNet is to add."""

    def __init__(self) -> None:
        super().__init__()
        plain = UNet()
        self.time_embed = plain.time_embed
        self.input_blocks = nn.ModuleList([plain.input_blocks[0], block(WIDTH)])
        layers: list[nn.Module] = []
        for inputs, outputs, stride in _HINT:
            layers += [nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1), nn.SiLU()]
        self.input_hint_block = nn.Sequential(*layers, _silent(_HINT[-1][1], 3))
        self.zero_convs = nn.ModuleList([nn.Sequential(_silent(WIDTH, 1)) for _ in range(2)])
        # ComfyUI's ControlNet always has a middle, the UNet need not.
        self.middle_block = nn.Sequential(Residual(WIDTH))
        self.middle_block_out = nn.Sequential(_silent(WIDTH, 1))

    def begin_as(self, unet: UNet) -> None:
        """Takes the input half of a trained UNet as a start."""
        kept = self.state_dict().keys()
        self.load_state_dict(
            {n: w for n, w in unet.state_dict().items() if n in kept}, strict=False
        )

    def forward(self, x: Tensor, drawing: Tensor, time: Tensor, prompt: Tensor) -> list[Tensor]:
        """For the two input blocks and the middle."""
        emb = embedded_time(self.time_embed, time)
        shallow = self.input_blocks[0][0](x) + self.input_hint_block(drawing)
        deep = through(self.input_blocks[1], shallow, emb, prompt)
        middle = self.middle_block[0](deep, emb)
        return [
            self.zero_convs[0](shallow),
            self.zero_convs[1](deep),
            self.middle_block_out(middle),
        ]


def _silent(inputs: int, size: int) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, WIDTH, size, padding=size // 2)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def controlled(unet: UNet, control: ControlNet, drawing: Tensor) -> Predictor:
    """A predictor that follows the drawing."""

    def predict(x: Tensor, time: Tensor, prompts: Tensor) -> Tensor:
        with autocast(x.device):
            x = x.contiguous(memory_format=torch.channels_last)
            return unet(x, time, prompts, control(x, drawing, time, prompts))

    return predict
