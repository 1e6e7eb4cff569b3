"""Time to tell what a LoRA of 800 MB is, by header and name, and to refuse a bad header."""

import json
import struct
import tempfile
import time
from pathlib import Path

from bad_headers import BAD
from fewstep.recipes import Recipe, builtin_recipes, read_header, recognise

SIZE = 787359648
NAME = "Hyper-SDXL-4steps-lora.safetensors"
MODULES = 788
ROUNDS = 20


def _write(path: Path) -> None:
    """As many tensors as the file has, with names as long, and nothing where the data belongs."""
    header = {}
    for n in range(MODULES):
        name = f"lora_unet_down_blocks_2_attentions_{n}_transformer_blocks_9_attn2_to_k"
        shapes = {"alpha": [], "lora_down.weight": [64, 2048], "lora_up.weight": [1280, 64]}
        for part, shape in shapes.items():
            header[f"{name}.{part}"] = {"dtype": "F32", "shape": shape, "data_offsets": [0, 0]}
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(SIZE)


def _milliseconds(path: Path, recipes: dict[str, Recipe]) -> tuple[float, str]:
    begin = time.process_time()
    try:
        told = recognise(path.name, read_header(path), recipes).told()
    except ValueError as error:
        told = str(error)
    return 1000 * (time.process_time() - begin), told


def report() -> None:
    recipes = builtin_recipes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        _write(path)
        took, told = min(_milliseconds(path, recipes) for _ in range(ROUNDS))
        print(f"\nRecognising 800 MB by header and name: {took:.0f} ms ({told})")
        slowest = 0.0, ""
        for name, header in BAD.items():
            path.write_bytes(struct.pack("<Q", len(header)) + header)
            slowest = max(slowest, (_milliseconds(path, recipes)[0], name))
        print(f"Refusing the slowest of {len(BAD)} bad headers, {slowest[1]}: {slowest[0]:.0f} ms")
