"""The loaders of LoRAs that are measured: ours and core's, each from a model to one that has it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import comfy.sd
import comfy.utils
from fewstep.nodes.lora_loader import FewStepLoraLoader
from full_unet import FULL, Unet, sample

OURS_LIVE, OURS_MERGED = "FewStep live", "FewStep merge"
CORE_MERGED, CORE_BYPASS = "core LoraLoaderModelOnly", "core's bypass (debug node)"
Load = Callable[[Any, float], Any]


def loaders(path: Path) -> dict[str, Load]:
    """By name; the file has to be in the folder of LoRAs."""
    return {
        OURS_LIVE: _ours(path.name, "live"),
        OURS_MERGED: _ours(path.name, "merge"),
        CORE_MERGED: _core(comfy.sd.load_lora_for_models, path),
        CORE_BYPASS: _core(comfy.sd.load_bypass_lora_for_models, path),
    }


def _ours(file: str, apply: str) -> Load:
    def load(model: Any, strength: float) -> Any:
        return FewStepLoraLoader.execute(model, file, strength, "auto", apply, "").result[0]

    return load


def _core(load: Callable, path: Path) -> Load:
    # As core's node does: the file is read once.
    tensors = comfy.utils.load_torch_file(str(path), safe_load=True)
    return lambda model, strength: load(model, None, tensors, strength, 0)[0]


class Loaded:
    """A loader whose node's output the graph holds, as the host's cache does."""

    def __init__(self, load: Load, model: Any, unet: Unet = FULL["SD 1.5"]):
        self._load, self._model, self._unet = load, model, unet
        self._seed = 0
        self.change(0.5)

    def change(self, strength: float) -> None:
        """Another strength: the old output is dropped, the next picture is made."""
        self.loaded = None
        self.loaded = self._load(self._model, strength)
        self.next_seed()

    def next_seed(self, steps: int = 1) -> None:
        self._seed += 1
        sample(self.loaded, self._seed, self._unet, steps)
