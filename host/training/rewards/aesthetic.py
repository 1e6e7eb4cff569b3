"""A predictor of beauty as a reward: linear layers on CLIP's embedding of a picture.

LAION's form (github.com/christophschuhmann/improved-aesthetic-predictor): linear layers in turn
with nothing in between, so that one layer or five are the same kind of function.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from ...folders import new_digest
from ...weight_files import read_data
from .kind import Helper
from .vision import Vision


class _Linear(NamedTuple):
    weight: Tensor
    bias: Tensor | None


class AestheticReward:
    """The head's number, which for LAION's is 1 to 10."""

    def __init__(self, name: str, vision: Vision, layers: list[_Linear]):
        self.name = f"aesthetic {name}"
        self._vision, self._layers = vision, layers

    def mark(self) -> str:
        digest = new_digest()
        digest.update(self._vision.mark().encode())
        for layer in self._layers:
            for tensor in layer:
                digest.update(b"" if tensor is None else tensor.numpy().tobytes())
        return digest.hexdigest()

    def targets(self, prompts: Sequence[str]) -> Tensor:
        """Nothing: beauty is the same for all prompts."""
        return torch.zeros(len(prompts), 0)

    def helpers(self) -> list[Helper]:
        return [self._vision.helper()]

    def score(
        self, pictures: Tensor, targets: Tensor, networks: Sequence[torch.nn.Module]
    ) -> Tensor:
        x = self._vision(networks[0], pictures)
        for weight, bias in self._layers:
            x = F.linear(x, weight.to(x), None if bias is None else bias.to(x))
        return x[:, 0]


def read_aesthetic(path: Path, name: str, vision: Vision) -> AestheticReward:
    """Raises ValueError for a file that is no chain of linear layers on this embedding."""
    with torch.inference_mode(False):
        tensors = {key: one.detach().float().clone() for key, one in read_data(path, name).items()}
    layers = _chain(tensors)
    if layers is None:
        raise ValueError(
            f"{name} is not a predictor of linear layers that ends in one number. Use a "
            "safetensors file of LAION's aesthetic predictor."
        )
    wanted = layers[0].weight.shape[1]
    if wanted != vision.width:
        raise ValueError(
            f"{name} was trained on embeddings of {wanted} numbers, and this CLIP vision gives "
            f"{vision.width}. Load the CLIP vision that it was trained with: 768 is ViT-L-14."
        )
    return AestheticReward(name, vision, layers)


def _chain(tensors: dict[str, Tensor]) -> list[_Linear] | None:
    names = sorted((key for key in tensors if key.endswith("weight")), key=_number)
    layers = [
        _Linear(tensors[name], tensors.get(f"{name.removesuffix('weight')}bias")) for name in names
    ]
    sizes = [tuple(layer.weight.shape) for layer in layers]
    if not sizes or any(len(size) != 2 for size in sizes) or sizes[-1][0] != 1:
        return None
    fits = all(one[0] == other[1] for one, other in zip(sizes, sizes[1:], strict=False))
    known = sum(1 + (layer.bias is not None) for layer in layers)
    return layers if fits and known == len(tensors) else None


def _number(name: str) -> list[int]:
    return [*map(int, re.findall(r"\d+", name))]
