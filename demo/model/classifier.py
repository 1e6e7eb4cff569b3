"""A small network that reads shape, colour, background and style from a picture."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ..config import SIZE
from ..scenes.words import COLOURS, SHAPES

FEATURES = 128


class Answer(NamedTuple):
    """Logits: B 8 each, and B 2 for plain or outlined."""

    shape: Tensor
    colour: Tensor
    background: Tensor
    style: Tensor


class Classifier(nn.Module):
    """Pictures B 3 64 64 in 0..1 to answers; `width` is that of the first layer."""

    def __init__(self, width: int = FEATURES // 4) -> None:
        super().__init__()
        features = 4 * width
        widths = (3, width, 2 * width, 3 * width, features)
        layers: list[nn.Module] = []
        for inputs, outputs in zip(widths, widths[1:], strict=False):
            layers += [
                nn.Conv2d(inputs, outputs, 3, padding=1), nn.GroupNorm(8, outputs), nn.ReLU(),
                nn.Conv2d(outputs, outputs, 3, stride=2, padding=1), nn.ReLU(),
            ]  # fmt: skip
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(16 * features, features)
        self.answer = nn.Linear(features, len(SHAPES) + 2 * len(COLOURS) + 2)

    def features(self, pictures: Tensor) -> Tensor:
        """B 128 at the usual width, the space for Frechet distances."""
        return torch.relu(self.head(self.body(pictures - 0.5).flatten(1)))

    def forward(self, pictures: Tensor) -> Answer:
        parts = (len(SHAPES), len(COLOURS), len(COLOURS), 2)
        return Answer(*self.answer(self.features(pictures)).split(parts, 1))


class Score(NamedTuple):
    """Shares of the pictures in which each is right, and that are outlined."""

    shape: float
    colour: float
    background: float
    all: float
    outlined: float


@torch.no_grad()
def judge(classifier: Classifier, pictures: Tensor, words: Tensor) -> Score:
    """Of pictures B 3 H W of any size, and rows of true shape, colour and background."""
    answer = classifier(shrunk(pictures))
    said = torch.stack([part.argmax(1) for part in answer[:3]], 1).cpu()
    each = said == words[:, :3]
    shares = torch.cat([each, each.all(1, keepdim=True)], 1).double().mean(0)
    return Score(*shares.tolist(), answer.style.argmax(1).double().mean().item())


def shrunk(pictures: Tensor) -> Tensor:
    """Pictures at the size that the classifier knows."""
    return interpolate(pictures, (SIZE, SIZE), mode="area")
