"""From another LoRA strength to the next picture, against another seed; and what a step costs."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import folder_paths
import torch
from full_unet import RANK, make_model, write_lora
from lora_loaders import OURS_MERGED, Load, Loaded, loaders

ROUNDS = 3
FILE = "bench.safetensors"


def _seconds(run: Callable[[], Any]) -> float:
    """Of the processor, not of the clock: on one thread they differ by what others took."""
    begin = time.process_time()
    run()
    return time.process_time() - begin


def _measure(load: Load, model: Any) -> tuple[float, float]:
    """Seconds for another strength and for another seed: medians, taken in turn."""
    loader = Loaded(load, model)
    changes, seeds = [], []
    for turn in range(ROUNDS):
        changes.append(_seconds(lambda turn=turn: loader.change(0.6 + turn / 20)))
        seeds.append(_seconds(loader.next_seed))
    return statistics.median(changes), statistics.median(seeds)


def report() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        _report(make_model())
    finally:
        torch.set_num_threads(threads)


def _report(model: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        layers = write_lora(model, path)
        folder_paths.add_model_folder_path("loras", folder, is_default=True)
        print(f"\nA LoRA of rank {RANK} for {layers} layers of a full SD 1.5 UNet, 1 step of 64x64")
        print(f"  {'':32}{'strength / seed':>18}{'step / merged':>16}")
        found = {name: _measure(load, model) for name, load in loaders(path).items()}
        merged = found[OURS_MERGED][1]
        for name, (change, seed) in found.items():
            print(f"  {name:32}{change / seed:>17.2f}x{seed / merged:>15.2f}x")
