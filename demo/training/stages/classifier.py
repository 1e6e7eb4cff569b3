"""Stage `classifier`: pictures as drawn and as the autoencoder gives them back."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ...config import CONFIG, SEED, SIZE, WIDE
from ...model.autoencoder import Autoencoder
from ...model.classifier import Classifier
from ...model.device import autocast, best_device, channels_last
from ...scenes import data
from ..latents import decode, encode, load_autoencoder
from ..loop import Loop
from ..optimiser import optimisers
from ..schedule import warm_cosine
from ..state import finished_weights

_ENDS = ("body.0.", "answer.")


def train_classifier(folder: Path, budget: float) -> None:
    """The judge of pictures, and what rewards are made from."""
    torch.manual_seed(SEED)
    module, autoencoder = Classifier(), load_autoencoder(folder, best_device())
    learn("classifier", module, autoencoder, folder, budget, seed=SEED + 3)


def learn(
    name: str,
    module: Classifier,
    autoencoder: Autoencoder,
    folder: Path,
    budget: float,
    *,
    seed: int,
    changed: Callable[[Tensor], Tensor] = lambda pictures: pictures,
) -> None:
    """Trains `module` on the scenes of `seed`, whose pictures are `changed` before it sees them.

    On all words, held-out ones too: it judges pictures, so it must know every one.
    """
    config, device = CONFIG.classifier, best_device()
    module, words = channels_last(module, device), data.combinations()
    loop = Loop(
        name,
        module,
        optimisers(module, config.rate, plain=_ENDS),
        folder=folder,
        steps=config.steps,
        schedule=warm_cosine,
        average=0.99,
    )

    def loss(step: int) -> Tensor:
        first = step * config.batch
        batch = data.scenes(first, config.batch, WIDE, seed=seed, words=words).to(device)
        style = torch.arange(config.batch, device=device) % 3 == 2
        original = data.pictures(batch, SIZE, outlined=style)
        part = config.batch // 4
        again = decode(autoencoder, encode(autoencoder, original[:part]))
        pictures = changed(torch.cat([again, original[part:]]))
        noise = config.noise * torch.rand(len(pictures), 1, 1, 1, device=device)
        pictures += noise * torch.randn_like(pictures)
        with autocast(device):
            answer = module(channels_last(pictures, device))
        truth = (batch.shape, batch.colour, batch.background, style.long())
        losses = [
            cross_entropy(said.float(), true, label_smoothing=0.05)
            for said, true in zip(answer, truth, strict=True)
        ]
        return torch.stack(losses).sum()

    loop.run(loss, budget)


def load_classifier(folder: Path, device: torch.device) -> Classifier:
    """The trained one, frozen."""
    module = Classifier()
    module.load_state_dict(finished_weights(folder, "classifier"))
    return channels_last(module, device).requires_grad_(False)
