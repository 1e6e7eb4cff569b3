"""Whether pictures show what they were asked for, and how far they are from real ones."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ..config import SEED, SIZE, WIDE
from ..files.parts import AUTOENCODER, CLASSIFIER, MODEL, Weights, shipped
from ..model.autoencoder import Autoencoder
from ..model.classifier import Classifier, Score, judge, shrunk
from ..scenes import data
from ..scenes.data import Scenes

# Real pictures for each prompt: fewer would make the distance depend on which they are.
_REFERENCES = 8
_CHUNK = 64


class Judge:
    """A classifier trained on real pictures, and the autoencoder that all pictures go through."""

    def __init__(self, files: Mapping[str, Weights] | None = None) -> None:
        files = files or shipped()
        self._classifier, self._autoencoder = Classifier(), Autoencoder()
        self._classifier.load_state_dict(files[CLASSIFIER])
        self._autoencoder.load_state_dict(
            {
                name.removeprefix(AUTOENCODER): weight
                for name, weight in files[MODEL].items()
                if name.startswith(AUTOENCODER)
            }
        )

    def score(self, pictures: Tensor, words: Tensor) -> Score:
        """Of pictures B 3 H W in 0..1, and rows of true shape, colour and background."""
        return judge(self._classifier, pictures, words)

    @torch.no_grad()
    def features(self, pictures: Tensor) -> Tensor:
        """B 128, float64."""
        parts = shrunk(pictures).split(_CHUNK)
        return torch.cat([self._classifier.features(part) for part in parts]).double()

    def reference(self, words: Tensor) -> Tensor:
        """Features of real pictures of the same words, some for each."""
        return torch.cat([self.features(self.real(words, turn)) for turn in range(_REFERENCES)])

    @torch.no_grad()
    def real(self, words: Tensor, turn: int) -> Tensor:
        """Pictures as drawn, through the autoencoder: its softness is not the model's fault."""
        places = data.scenes(
            turn * len(words), len(words), WIDE, seed=SEED + 20, words=data.combinations()
        )
        scenes = Scenes(*words[:, :3].T, *places[3:])
        drawn = data.pictures(scenes, SIZE).split(_CHUNK)
        return torch.cat(
            [self._autoencoder.decode(self._autoencoder.encode(part)).clamp(0, 1) for part in drawn]
        )


def frechet(first: Tensor, second: Tensor) -> float:
    """Squared distance (arXiv 1706.08500) of the normal distributions of two sets of features."""
    means, spreads = zip(*((x.mean(0), x.T.cov()) for x in (first, second)), strict=True)
    root = _root(spreads[0])
    both = _root(root @ spreads[1] @ root)
    apart = (means[0] - means[1]).square().sum()
    return float(apart + spreads[0].trace() + spreads[1].trace() - 2 * both.trace())


def _root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return vectors * values.clamp(min=0).sqrt() @ vectors.T
