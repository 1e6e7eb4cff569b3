"""From another LoRA strength to the next picture, against another seed; and what a step costs."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import comfy.sd
import comfy.utils
import folder_paths
import torch
from fewstep.nodes.lora_loader import FewStepLoraLoader
from full_unet import RANK, make_model, sample, write_lora

ROUNDS = 3
FILE = "bench.safetensors"


def _ours(apply: str) -> Callable[[Any, float], Any]:
    def load(model: Any, strength: float) -> Any:
        return FewStepLoraLoader.execute(model, FILE, strength, "auto", apply, "").result[0]

    return load


def _core(load: Callable, path: Path) -> Callable[[Any, float], Any]:
    # As core's node does: the file is read once.
    tensors = comfy.utils.load_torch_file(str(path), safe_load=True)
    return lambda model, strength: load(model, None, tensors, strength, 0)[0]


def _seconds(run: Callable[[], Any]) -> float:
    """Of the processor, not of the clock: on one thread they differ by what others took."""
    begin = time.process_time()
    run()
    return time.process_time() - begin


class _Loader:
    """A loader whose node's output the graph holds, as the host's cache does."""

    def __init__(self, load: Callable[[Any, float], Any], model: Any):
        self._load, self._model = load, model
        self._seed = 0
        self.change(0.5)

    def change(self, strength: float) -> None:
        """Another strength: the old output is dropped, the next picture is made."""
        self.loaded = None
        self.loaded = self._load(self._model, strength)
        self.next_seed()

    def next_seed(self) -> None:
        self._seed += 1
        sample(self.loaded, self._seed)


def _measure(load: Callable[[Any, float], Any], model: Any) -> tuple[float, float]:
    """Seconds for another strength and for another seed: medians, taken in turn."""
    loader = _Loader(load, model)
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
        loaders = {
            "FewStep live": _ours("live"),
            "FewStep merge": _ours("merge"),
            "core LoraLoaderModelOnly": _core(comfy.sd.load_lora_for_models, path),
            "core's bypass (debug node)": _core(comfy.sd.load_bypass_lora_for_models, path),
        }
        print(f"\nA LoRA of rank {RANK} for {layers} layers of a full SD 1.5 UNet, 1 step of 64x64")
        print(f"  {'':32}{'strength / seed':>18}{'step / merged':>16}")
        found = {name: _measure(load, model) for name, load in loaders.items()}
        merged = found["FewStep merge"][1]
        for name, (change, seed) in found.items():
            print(f"  {name:32}{change / seed:>17.2f}x{seed / merged:>15.2f}x")
