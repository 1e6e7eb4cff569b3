"""The UNet as it was trained, ready to predict."""

from pathlib import Path

import torch
from torch import Tensor

from ..model.device import autocast, channels_last
from ..model.diffusion import Predictor
from ..model.unet import UNet
from .state import finished_weights


def load_unet(folder: Path, device: torch.device) -> UNet:
    """The averaged weights, frozen."""
    with torch.device("meta"):
        module = UNet()
    module.load_state_dict(finished_weights(folder, "model"), assign=True)
    return channels_last(module, device).requires_grad_(False)


def predictor(module: UNet, device: torch.device) -> Predictor:
    """The UNet in bf16 but for the layers where fp32 shows."""

    def predict(x: Tensor, time: Tensor, prompts: Tensor) -> Tensor:
        with autocast(device):
            return module(channels_last(x, device), time.to(device), prompts)

    return predict
