"""Small LoRAs for the demo model, so that the example workflows with loaders run.

They are random numbers: a trace of texture, no acceleration. Their headers name the recipe they
stand for. Written without packages, since dev.py has none of its own.
"""

import json
import random
import struct
from collections.abc import Iterator
from pathlib import Path

LORAS = {
    "fewstep-tiny-lcm-lora.safetensors": "lcm/sd15-lora",
    "fewstep-tiny-tcd-lora.safetensors": "tcd/sd15-lora",
    "fewstep-tiny-hyper-sd-8step-lora.safetensors": "hyper-sd/sd15-8step",
    "fewstep-tiny-style-lora.safetensors": "",
}
_RANK = 2
_SIZE = 0.02
_BLOCK = "lora_unet_input_blocks_1_1_transformer_blocks_0"
_LAYERS = {
    f"{_BLOCK}_{attention}_{part}": (320, inputs)
    for attention, context in (("attn1", 320), ("attn2", 768))
    for part, inputs in (("to_q", 320), ("to_k", context), ("to_v", context), ("to_out_0", 320))
}


def add_demo_loras(folder: Path) -> None:
    """Writes those that are missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (name, recipe) in enumerate(LORAS.items()):
        path = folder / name
        if not path.exists():
            unfinished = path.with_suffix(".part")
            unfinished.write_bytes(_file(recipe, random.Random(seed)))
            unfinished.replace(path)


def _file(recipe: str, numbers: random.Random) -> bytes:
    header = {"__metadata__": {"fewstep.recipe": recipe}} if recipe else {}
    data = bytearray()
    for name, shape, size in _tensors():
        count = shape[0] * shape[1] if shape else 1
        values = [numbers.gauss(0, size) for _ in range(count)] if size else [float(_RANK)]
        begin = len(data)
        data += struct.pack(f"<{count}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def _tensors() -> Iterator[tuple[str, list[int], float]]:
    """Names, shapes, and the spread of values; 0 for alpha."""
    for layer, (outputs, inputs) in _LAYERS.items():
        yield f"{layer}.alpha", [], 0
        yield f"{layer}.lora_down.weight", [_RANK, inputs], _SIZE
        yield f"{layer}.lora_up.weight", [outputs, _RANK], _SIZE * inputs**0.5
