"""What was trained, by file: for the training folder and for the packed files that are shipped."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..training.state import finished_weights
from .packing import pack, unpack

UNET, AUTOENCODER = "model.diffusion_model.", "first_stage_model."
MODEL, CONTROLNET, CLASSIFIER = "model", "controlnet", "classifier"
ADAPTERS = ("lcm", "tcd", "style")
SHIPPED = Path(__file__).parents[1] / "weights"
Weights = dict[str, Tensor]


def trained(folder: Path) -> dict[str, Weights]:
    """Everything that was trained so far, under the names that loaders expect."""
    parts = {
        AUTOENCODER: finished_weights(folder, "autoencoder"),
        UNET: finished_weights(folder, "model"),
    }
    files = {MODEL: {start + name: w for start, part in parts.items() for name, w in part.items()}}
    for stage in (*ADAPTERS, CONTROLNET, CLASSIFIER):
        if (folder / f"{stage}.pt").exists():
            files[stage] = finished_weights(folder, stage)
    for stage in files.keys() & {*ADAPTERS}:
        files[stage] = with_alpha(files[stage])
    return files


def shipped(folder: Path = SHIPPED) -> dict[str, Weights]:
    """The same from packed files."""
    paths = sorted(folder.glob("*.safetensors"))
    return {path.stem: unpack(load_file(path), torch.float32) for path in paths}


def ship(folder: Path, target: Path) -> None:
    """Writes the packed files."""
    for name, weights in trained(folder).items():
        write(pack(weights), target / f"{name}.safetensors")


def write(weights: Weights, path: Path, metadata: dict[str, str] | None = None) -> None:
    """Writes the file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    save_file({name: weight.contiguous() for name, weight in weights.items()}, unfinished, metadata)
    unfinished.replace(path)


def with_alpha(weights: Weights) -> Weights:
    """A LoRA file says alpha; here it equals the rank, so a strength of 1 is as trained."""
    down = ".lora_down.weight"
    ranks = {
        n.removesuffix(down): float(w.shape[0]) for n, w in weights.items() if n.endswith(down)
    }
    return weights | {f"{name}.alpha": torch.tensor(rank) for name, rank in ranks.items()}
