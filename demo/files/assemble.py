"""Writes the files ComfyUI loads: `python -m demo.files.assemble path/to/ComfyUI`, or `--ship`."""

import argparse
from pathlib import Path

import torch
from torch import Tensor

from ..model.autoencoder import SCALE, SHIFT
from ..model.classifier import Classifier
from ..model.text_encoder import text_encoder
from ..scenes.inputs import write_inputs, write_style
from .judge_layout import layout
from .merged import merged
from .parts import (
    ADAPTERS,
    AUTOENCODER,
    CLASSIFIER,
    CONTROLNET,
    MODEL,
    SHIPPED,
    Weights,
    ship,
    shipped,
    trained,
    write,
)

CHECKPOINT = "fewstep-demo.safetensors"
FULL_LCM = "fewstep-demo-lcm-unet.safetensors"
CONTROLNET_NAME = "fewstep-demo-scribble.safetensors"
JUDGE = "fewstep-demo-judge.safetensors"
# In a LoRA's header, so that its recipe is known whatever the file is called.
_RECIPES = {name: {"fewstep.recipe": f"{name}/sd15-lora"} for name in ("lcm", "tcd")}


def lora_name(stage: str) -> str:
    """The file of an adapter: `lora_name("tcd")` is fewstep-demo-tcd.safetensors."""
    return f"fewstep-demo-{stage}.safetensors"


def checkpoint(model: Weights, dtype: torch.dtype) -> dict[str, Tensor]:
    """All weights of the checkpoint: `model` are those that were trained, by their full names."""
    made = {
        f"{AUTOENCODER}vae_scale": torch.tensor(SCALE),
        f"{AUTOENCODER}vae_shift": torch.tensor(SHIFT),
    }
    return _as(model | made, dtype) | text_encoder(dtype)


def assemble(files: dict[str, Weights], base: Path, dtype: torch.dtype) -> list[Path]:
    """Writes all models, a full LCM UNet and the judge, into a ComfyUI's models folder."""
    models = base / "models"
    paths = {MODEL: models / "checkpoints" / CHECKPOINT}
    paths |= {name: models / "loras" / lora_name(name) for name in ADAPTERS}
    paths[CONTROLNET] = models / "controlnet" / CONTROLNET_NAME
    for name, path in paths.items():
        if name in files:
            weights = files[name]
            made = checkpoint(weights, dtype) if name == MODEL else _as(weights, dtype)
            write(made, path, _RECIPES.get(name))
    written = [path for name, path in paths.items() if name in files]
    if CLASSIFIER in files:
        written.append(models / "classifiers" / JUDGE)
        write(_as(files[CLASSIFIER], dtype), written[-1], layout(Classifier()))
    if files.keys() >= {MODEL, "lcm"}:
        written.append(models / "diffusion_models" / FULL_LCM)
        unet = _as(merged(files[MODEL], files["lcm"]), dtype)
        write(unet, written[-1], {"fewstep.recipe": "lcm/sd15-full"})
    return written


def main(arguments: list[str] | None = None) -> None:
    """From the shipped files, or with --folder from training as it stands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", type=Path, nargs="?", help="a ComfyUI's folder")
    parser.add_argument("--folder", type=Path, help="take the weights from this training folder")
    parser.add_argument("--dtype", choices=("float16", "float32"), default="float16")
    parser.add_argument("--ship", action="store_true", help="pack the folder into demo/weights")
    given = parser.parse_args(arguments)
    if given.ship:
        if given.folder is None:
            parser.error("--ship packs what was trained: name the folder with --folder")
        ship(given.folder, SHIPPED)
    if given.base:
        files = trained(given.folder) if given.folder else shipped()
        assemble(files, given.base, getattr(torch, given.dtype))
        write_inputs(given.base / "input")
        write_style(given.base / "input")


def _as(weights: Weights, dtype: torch.dtype) -> Weights:
    return {name: weight.to(dtype) for name, weight in weights.items()}


if __name__ == "__main__":
    main()
