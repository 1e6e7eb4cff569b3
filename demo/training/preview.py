"""What was learned so far, without ComfyUI: `python -m demo.training.preview --steps 25 --cfg 2`.

For a look between stages; the figures that count come from `demo.show.evaluate`.
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ..config import SEED, SIZE, WIDE
from ..model.classifier import judge
from ..model.controlnet import ControlNet, controlled
from ..model.device import best_device, channels_last
from ..model.diffusion import Predictor, grid_times, guided, sample, trailing_times
from ..model.lora import Adapter
from ..model.prompts import Prompts
from ..model.unet import UNet
from ..scenes import data
from ..scenes.data import Scenes
from ..scenes.sheet import write_sheet
from ..scenes.words import SHAPES
from .latents import decode, load_autoencoder
from .predictor import load_unet, predictor
from .progress import note
from .stages.classifier import load_classifier
from .state import default_folder, finished_weights

_BATCH = 64


class Setting(NamedTuple):
    """How to sample: `adapters` are stages whose LoRAs are added."""

    steps: int = 25
    cfg: float = 2.0
    gamma: float = 0.0
    adapters: tuple[str, ...] = ()
    scribble: bool = False
    any_shape: bool = False
    size: int = SIZE

    @property
    def times(self) -> list[int]:
        """Few-step adapters learned every 20th time."""
        few = {"lcm", "tcd"} & {*self.adapters}
        return grid_times(self.steps) if few else trailing_times(self.steps)


def draw(folder: Path, scenes: Scenes, setting: Setting) -> Tensor:
    """Pictures B 3 H W for the scenes' words; the noise of each follows from its number."""
    device = best_device()
    autoencoder, unet = load_autoencoder(folder, device), adapted_unet(folder, setting, device)
    words = scenes.words
    if setting.any_shape:
        words[:, 0] = len(SHAPES)
    drawings = data.scribbles(scenes, setting.size).to(device)
    prompts = Prompts(device)
    generator = torch.Generator().manual_seed(SEED)
    shape = (len(words), 4, setting.size // 8, setting.size // 8)
    noise = torch.randn(shape, generator=generator).to(device)
    pictures = []
    for rows in torch.arange(len(words)).split(_BATCH):
        model = _model(folder, unet, drawings[rows] if setting.scribble else None)
        embedded = prompts(words[rows])
        model = guided(model, embedded, prompts.empty(), setting.cfg)
        latents = sample(
            model, noise[rows], embedded, setting.times, gamma=setting.gamma, generator=generator
        )
        pictures.append(decode(autoencoder, latents))
    return torch.cat(pictures)


def adapted_unet(folder: Path, setting: Setting, device: torch.device) -> UNet:
    """The UNet with the setting's adapters."""
    unet = load_unet(folder, device)
    for stage in setting.adapters:
        weights = finished_weights(folder, stage)
        adapter = Adapter(unet, rank=next(iter(weights.values())).shape[0])
        adapter.load_state_dict(weights)
        channels_last(adapter, device).requires_grad_(False).attach(unet)
    return unet


def main(arguments: list[str] | None = None) -> None:
    """Samples from the averaged weights as they stand, prints and logs the shares."""
    given = _parser().parse_args(arguments)
    words = data.held_out() if given.held_out else data.trained()
    scenes = data.scenes(0, given.count, WIDE, seed=SEED + 9, words=words)
    setting = Setting(
        given.steps,
        given.cfg,
        given.gamma,
        tuple(given.adapter),
        given.scribble,
        given.any_shape,
        given.size,
    )
    pictures = draw(given.folder, scenes, setting)
    if given.sheet:
        write_sheet(given.sheet, pictures[:64])
    score = judge(load_classifier(given.folder, pictures.device), pictures, scenes.words)
    shares = ", ".join(f"{name} {share:.3f}" for name, share in score._asdict().items())
    text = f"{_described(given)}: {shares}"
    sys.stdout.write(text + "\n")
    note(given.folder / "preview.log", text)


def _model(folder: Path, unet: UNet, drawing: Tensor | None) -> Predictor:
    device = unet.out[2].weight.device
    if drawing is None:
        return predictor(unet, device)
    control = ControlNet()
    control.load_state_dict(finished_weights(folder, "controlnet"))
    control = channels_last(control, device).requires_grad_(False)

    def predict(x: Tensor, time: Tensor, prompts: Tensor) -> Tensor:
        # Guidance doubles the batch.
        again = drawing.repeat(len(x) // len(drawing), 1, 1, 1)
        return controlled(unet, control, again)(x, time, prompts)

    return predict


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--cfg", type=float, default=2.0)
    parser.add_argument("--gamma", type=float, default=0.0, help="1 is LCM's way of sampling")
    parser.add_argument("--adapter", action="append", choices=("lcm", "tcd", "style"), default=[])
    parser.add_argument("--scribble", action="store_true", help="follow outlines by the ControlNet")
    parser.add_argument("--any-shape", action="store_true", help="prompts that say only `shape`")
    parser.add_argument("--held-out", action="store_true", help="only words never trained on")
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--sheet", type=Path, help="write the first pictures to this file")
    parser.add_argument("--folder", type=Path, default=default_folder())
    return parser


def _described(given: argparse.Namespace) -> str:
    extras = [*given.adapter, *["scribble"] * given.scribble, *["any shape"] * given.any_shape]
    return (
        f"{' + '.join(extras) or 'alone'}, {given.steps} steps, cfg {given.cfg:g}, "
        f"gamma {given.gamma:g}, {given.size} px, {given.count} "
        f"{'held-out ' if given.held_out else ''}prompts"
    )


if __name__ == "__main__":
    main()
