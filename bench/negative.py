"""What a negative prompt costs: a step at CFG 1 with it, against one without, measured in turn."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import comfy.model_patcher
import comfy.samplers
import comfy.supported_models
import torch
from comfy_extras.nodes_nag import NAGuidance
from fewstep.nodes.negative import FewStepNegative
from full_unet import SD15_CONFIG, SDXL_CONFIG

ROUNDS = 3
# The smaller the picture, the more the 77 words of the negative prompt weigh.
SIZE = 32
# As wide as the real one; of its 10 transformers in a row there are 2, which is what fits.
_SDXL = {
    **SDXL_CONFIG,
    "transformer_depth": [0, 0, 2, 2, 2, 2],
    "transformer_depth_output": [0, 0, 0, 2, 2, 2, 2, 2, 2],
    "transformer_depth_middle": 2,
}
_MODELS = {
    "SD 1.5": (comfy.supported_models.SD15, SD15_CONFIG),
    "SDXL, 2 transformers of 10": (comfy.supported_models.SDXL, _SDXL),
}


def report() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for name, (kind, config) in _MODELS.items():
            _report(name, _model(kind, config), config["context_dim"])
    finally:
        torch.set_num_threads(threads)


def _report(name: str, model: Any, width: int) -> None:
    text = [_prompt(width, seed) for seed in (1, 2)]
    ours = FewStepNegative.execute(model, text[1], 5.0, 0.5, 2.5, "").result[0]
    core = NAGuidance.execute(model, 5.0, 0.5, 2.5).result[0]
    ways = {
        "without": lambda: _sample(model, text, 1.0),
        "Negative prompt at CFG 1": lambda: _sample(ours, text, 1.0),
        "core's NAGuidance": lambda: _sample(core, text, 1.0),
        "CFG 2": lambda: _sample(model, text, 2.0),
    }
    found: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(ROUNDS + 1):
        for way, run in ways.items():
            seconds = _seconds(run)
            # The first turn loads.
            if turn:
                found[way].append(seconds)
    base = statistics.median(found["without"])
    print(f"\nA step of a UNet of {name}, {8 * SIZE}x{8 * SIZE} pixels, with a negative prompt")
    for way, seconds in found.items():
        print(f"  {way:32}{statistics.median(seconds) / base:>10.2f}x")


def _model(kind: Any, config: dict) -> Any:
    made = kind(dict(config))
    made.set_inference_dtype(torch.float32, None)
    network = made.get_model({})
    for weight in network.parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=weight[0].numel() ** -0.5)
        else:
            torch.nn.init.zeros_(weight)
    cpu = torch.device("cpu")
    return comfy.model_patcher.ModelPatcher(network, cpu, cpu)


def _prompt(width: int, seed: int) -> list:
    generator = torch.Generator().manual_seed(seed)
    pooled = torch.zeros(1, 1280)
    return [[torch.randn(1, 77, width, generator=generator), {"pooled_output": pooled}]]


def _sample(model: Any, text: list, cfg: float) -> None:
    guider = comfy.samplers.CFGGuider(model)
    guider.set_conds(*text)
    guider.set_cfg(cfg)
    noise = torch.randn(1, 4, SIZE, SIZE, generator=torch.Generator().manual_seed(3))
    sigmas = comfy.samplers.calculate_sigmas(model.get_model_object("model_sampling"), "simple", 1)
    euler = comfy.samplers.sampler_object("euler")
    guider.sample(noise, torch.zeros_like(noise), euler, sigmas, disable_pbar=True, seed=3)


def _seconds(run: Callable[[], None]) -> float:
    """Of the processor, not of the clock: on one thread they differ by what others took."""
    begin = time.process_time()
    run()
    return time.process_time() - begin
