"""Files that hold no weights: enough for the page, and for the host to tell what they are."""

import json
import struct
from pathlib import Path

from fewstep.recipes import builtin_recipes, recognise_name

_LORA = "lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight"
_UNET = "model.diffusion_model.input_blocks.0.0.weight"
_VAE = "first_stage_model.decoder.conv_in.weight"
_KEYS = {"LoRA": [_LORA], "UNet": [_UNET], "checkpoint": [_UNET, _VAE]}


def write_named(models: Path, folder: str, name: str) -> None:
    """A safetensors file with a header alone, which says of which recipe its name is."""
    kinds = ("LoRA",) if folder == "loras" else ("UNet", "checkpoint")
    recipe = recognise_name(name, builtin_recipes(), kinds).recipe
    keys = _KEYS[recipe.kind if recipe else kinds[0]]
    empty = {"dtype": "F16", "shape": [4, 4], "data_offsets": [0, 0]}
    header = {"__metadata__": {"fewstep.recipe": recipe.id if recipe else ""}}
    text = json.dumps(header | dict.fromkeys(keys, empty)).encode()
    path = models / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text)
