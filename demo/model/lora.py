"""Low-rank additions to a frozen UNet (arXiv 2106.09685), under the names that LoRA files use."""

import math
import re
from collections.abc import Callable

from torch import Tensor, nn

from .unet import UNet

# From the checkpoint's names to those of diffusers, which kohya's files carry with underscores.
_NAMES = (
    (r"input_blocks\.1\.0", "down_blocks.0.resnets.0"),
    (r"input_blocks\.1\.1", "down_blocks.0.attentions.0"),
    (r"output_blocks\.(\d)\.0", r"up_blocks.0.resnets.\1"),
    (r"output_blocks\.(\d)\.1", r"up_blocks.0.attentions.\1"),
    (r"in_layers\.2", "conv1"),
    (r"out_layers\.3", "conv2"),
    (r"emb_layers\.1", "time_emb_proj"),
    (r"skip_connection", "conv_shortcut"),
)
_LEFT_ALONE = ("input_blocks.0.", "out.", "time_embed.")


class Pair(nn.Module):
    """down to the rank, up again; starts at zero."""

    def __init__(self, layer: nn.Module, rank: int) -> None:
        super().__init__()
        if isinstance(layer, nn.Conv2d):
            size, padding = layer.kernel_size, layer.padding
            self.lora_down = nn.Conv2d(layer.in_channels, rank, size, padding=padding, bias=False)
            self.lora_up = nn.Conv2d(rank, layer.out_channels, 1, bias=False)
        else:
            self.lora_down = nn.Linear(layer.in_features, rank, bias=False)
            self.lora_up = nn.Linear(rank, layer.out_features, bias=False)
        nn.init.kaiming_uniform_(self.lora_down.weight, a=math.sqrt(5))
        nn.init.zeros_(self.lora_up.weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.lora_up(self.lora_down(x))


class Adapter(nn.ModuleDict):
    """A pair for every convolution and linear layer between the first and the last."""

    def __init__(self, unet: UNet, rank: int) -> None:
        super().__init__({kohya_name(n): Pair(layer, rank) for n, layer in adapted(unet)})

    def attach(self, unet: UNet) -> None:
        """From now on `unet` computes with this adapter."""
        for name, layer in adapted(unet):
            layer.register_forward_hook(_adding(self[kohya_name(name)]))


def adapted(unet: UNet) -> list[tuple[str, nn.Module]]:
    """The layers that get a pair, by their names in the checkpoint."""
    return [
        (name, layer)
        for name, layer in unet.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear) and not name.startswith(_LEFT_ALONE)
    ]


def kohya_name(name: str) -> str:
    """`input_blocks.1.0.in_layers.2` is `lora_unet_down_blocks_0_resnets_0_conv1`."""
    for pattern, replacement in _NAMES:
        name = re.sub(pattern, replacement, name)
    return "lora_unet_" + name.replace(".", "_")


def _adding(pair: nn.Module) -> Callable[..., Tensor]:
    def hook(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        return output + pair(inputs[0])

    return hook
