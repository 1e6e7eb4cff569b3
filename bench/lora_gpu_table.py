"""The table of `lora_gpu.py` for one way in which the host keeps a model on the card."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import comfy.memory_management
import comfy.model_management as host
import comfy.model_patcher
import comfy.utils
import comfy_aimdo.control
import folder_paths
import torch
from full_unet import FULL, NARROW, RANK, Unet, make_model, sample, write_lora
from lora_loaders import CORE_BYPASS, OURS_LIVE, OURS_MERGED, Loaded, loaders

_ROUNDS, _FEWEST, _PATIENCE = 5, 3, 6.0
_STEPS = 5
_HEAD = (
    "| UNet | model | LoRA | a step, ms | against none | another seed, 1 step, ms "
    "| another strength, ms | strength / seed |\n|---|---|---|---|---|---|---|---|"
)


class _Times(NamedTuple):
    """Seconds, medians: a step, another seed, another strength (None without a LoRA)."""

    step: float
    seed: float
    strength: float | None = None


def report(way: str, folder: str, *, small: bool, end: float, only: str | None) -> None:
    """Prints the lines; a UNet that would begin after `end` is left out; `only` is one of them."""
    comfy.utils.set_progress_bar_enabled(False)
    folder_paths.add_model_folder_path("loras", folder, is_default=True)
    cpu = small or not torch.cuda.is_available()
    device = torch.device("cpu") if cpu else torch.device("cuda", torch.cuda.current_device())
    patcher = comfy.model_patcher.ModelPatcher
    if way == "dynamic":
        if not _dynamic(device):
            print("Dynamic VRAM: comfy-aimdo does not work on this machine.")
            return
        patcher = comfy.model_patcher.ModelPatcherDynamic
    card = "a CPU, narrow UNets" if cpu else torch.cuda.get_device_name(device)
    print(f"\nA LoRA of rank {RANK}, {card}, torch {torch.__version__}\n\n{_HEAD}", flush=True)
    dtype = torch.float32 if cpu else torch.float16
    for base, unet in (NARROW if cpu else FULL).items():
        if only not in (None, base):
            continue
        if time.monotonic() > end:
            print(_line(base, way, "no time was left"), flush=True)
            continue
        model = make_model(unet, dtype, device, "cpu", patcher)
        path = Path(folder) / f"{base.replace(' ', '-')}.safetensors"
        if not path.exists():
            write_lora(model, path)
        if way == "half streamed":
            _keep_half(model, unet)
        _report(base, unet, way, model, path, device)
        host.unload_all_models()


def _report(base: str, unet: Unet, way: str, model: Any, path: Path, device: torch.device) -> None:
    plain = _plain_times(model, unet, device)
    if way == "half streamed":
        way = f"{model.loaded_size() / model.model_size():.0%} on the card"
    print(_told(base, way, "none", plain, plain), flush=True)
    made = loaders(path)
    for name in (OURS_MERGED, OURS_LIVE, CORE_BYPASS):
        times = _times(Loaded(made[name], model, unet), device)
        print(_told(base, way, name, times, plain), flush=True)


def _plain_times(model: Any, unet: Unet, device: torch.device) -> _Times:
    sample(model, 0, unet)
    short, long = _in_turn(
        device,
        lambda turn: sample(model, turn, unet),
        lambda turn: sample(model, turn, unet, _STEPS),
    )
    return _Times((long - short) / (_STEPS - 1), short)


def _times(loaded: Loaded, device: torch.device) -> _Times:
    change, seed, long = _in_turn(
        device,
        lambda turn: loaded.change(0.6 + turn / 20),
        lambda turn: loaded.next_seed(),
        lambda turn: loaded.next_seed(_STEPS),
    )
    return _Times((long - seed) / (_STEPS - 1), seed, change)


def _in_turn(device: torch.device, *works: Callable[[int], Any]) -> list[float]:
    """Medians of their seconds, five rounds of all in turn; three where those take long."""
    found: list[list[float]] = [[] for _ in works]
    begun = time.perf_counter()
    for turn in range(_ROUNDS):
        if turn >= _FEWEST and time.perf_counter() - begun > _PATIENCE:
            break
        for work, seconds in zip(works, found, strict=True):
            start = _now(device)
            work(turn)
            seconds.append(_now(device) - start)
    return [statistics.median(seconds) for seconds in found]


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def _keep_half(model: Any, unet: Unet) -> None:
    """Reserves, as --reserve-vram does, all of the card but what half of the model needs.

    The host's own estimate of a step's memory is found by loading once.
    """
    half = model.model_size() / 2
    host.EXTRA_RESERVED_VRAM = 0
    free = host.get_free_memory(model.load_device)
    host.EXTRA_RESERVED_VRAM = max(0, free - half - host.minimum_inference_memory())
    sample(model, 0, unet)
    host.EXTRA_RESERVED_VRAM = max(0, host.EXTRA_RESERVED_VRAM + model.loaded_size() - half)
    host.unload_all_models()


def _dynamic(device: torch.device) -> bool:
    """Switches dynamic VRAM on as the host's main does; whether it works here."""
    if device.type != "cuda" or not comfy_aimdo.control.init_devices([device.index]):
        return False
    comfy.model_patcher.CoreModelPatcher = comfy.model_patcher.ModelPatcherDynamic
    comfy.memory_management.aimdo_enabled = True
    return True


def _told(base: str, way: str, name: str, times: _Times, plain: _Times) -> str:
    numbers = [f"{1000 * times.step:.1f}", f"{times.step / plain.step:.2f}x"]
    numbers += [f"{1000 * times.seed:.1f}"]
    if times.strength is not None:
        numbers += [f"{1000 * times.strength:.1f}", f"{times.strength / times.seed:.2f}x"]
    return _line(base, way, name, *numbers)


def _line(*told: str) -> str:
    return f"| {' | '.join([*told, *[''] * (8 - len(told))])} |"
