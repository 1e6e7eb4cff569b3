"""A judge that no training has seen: `python -m demo.training.second_judge --seed 1`.

A reward that is made from the judge can be won by pictures that only the judge takes for right. A
second one, with other layers, scenes and pictures, tells them from right ones.
"""

import argparse
import math
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ..files.judge_layout import layout
from ..files.parts import AUTOENCODER, MODEL, shipped, write
from ..model.autoencoder import Autoencoder
from ..model.classifier import Classifier
from ..model.device import best_device, channels_last
from .budget import seconds
from .stages.classifier import learn
from .state import default_folder, finished_weights

_WIDTH = 24
# Far from the scenes of other seeds.
_APART = 1 << 20


def train(folder: Path, seed: int, budget: float = math.inf) -> Path:
    """The file of the judge of this seed, which is trained first or gone on with.

    It takes the autoencoder that is shipped; the layout in the file is what the pack reads.
    """
    name = f"second-judge-{seed}"
    torch.manual_seed(seed)
    module, random = Classifier(_WIDTH), torch.Generator().manual_seed(seed)

    def changed(pictures: Tensor) -> Tensor:
        return _other(pictures, random)

    autoencoder = channels_last(_shipped_autoencoder(), best_device())
    learn(name, module, autoencoder, folder, budget, seed=_APART + seed, changed=changed)
    file = folder / f"{name}.safetensors"
    write(finished_weights(folder, name), file, layout(module))
    return file


def load(file: Path) -> Classifier:
    """The trained one, frozen: `demo.model.classifier.judge` asks it about pictures."""
    module = Classifier(_WIDTH)
    module.load_state_dict(load_file(file))
    return module.requires_grad_(False)


def _other(pictures: Tensor, random: torch.Generator) -> Tensor:
    """Mirrored or not, lighter or darker, flatter, and every other one a little soft."""
    count = len(pictures)
    mirrored, soft, light, contrast = (
        torch.rand(count, 1, 1, 1, generator=random).to(pictures.device) for _ in range(4)
    )
    pictures = torch.where(mirrored < 0.5, pictures.flip(3), pictures)
    blurred = avg_pool2d(pictures, 3, 1, 1, count_include_pad=False)
    pictures = torch.where(soft < 0.5, blurred, pictures)
    return (pictures - 0.5) * (0.85 + 0.3 * contrast) + 0.5 + 0.1 * (light - 0.5)


def _shipped_autoencoder() -> Autoencoder:
    module = Autoencoder()
    weights = shipped()[MODEL].items()
    module.load_state_dict(
        {name.removeprefix(AUTOENCODER): w for name, w in weights if name.startswith(AUTOENCODER)}
    )
    return module.requires_grad_(False)


def main(arguments: list[str] | None = None) -> None:
    """Trains one, or goes on with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--budget", help="stop after 20s or 2h; run again to continue")
    parser.add_argument("--folder", type=Path, default=default_folder())
    given = parser.parse_args(arguments)
    train(given.folder, given.seed, seconds(given.budget))


if __name__ == "__main__":
    main()
