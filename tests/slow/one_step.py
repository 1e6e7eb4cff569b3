"""Loads a whole SDXL UNet and makes one step of 256x256 pixels, in a process of its own.

one_step.py HOST FILE LOADER prints a line of JSON: peak memory in GiB, pages of the mapped file
included, seconds of loading and of the step, and whether the result is made of numbers.
"""

import json
import resource
import sys
import time
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(host: str, file: str, loader: str) -> None:
    sys.path[:] = [host, *(entry for entry in sys.path if Path(entry or ".").resolve() != ROOT)]
    import comfy.cli_args

    comfy.cli_args.args.cpu = True
    begin = time.monotonic()
    model = _ours(Path(file)) if loader == "ours" else _core(file)
    loaded = time.monotonic()
    result = _step(model, loader)
    ended = time.monotonic()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts in bytes, Linux in kibibytes.
    gibibyte = 2**30 if sys.platform == "darwin" else 2**20
    told = {
        "peak": peak / gibibyte,
        "load": loaded - begin,
        "step": ended - loaded,
        "finite": bool(result.isfinite().all()),
    }
    sys.stdout.write(json.dumps(told) + "\n")


def _ours(file: Path):
    import folder_paths

    package = types.ModuleType("fewstep")
    package.__path__ = [str(ROOT)]
    sys.modules["fewstep"] = package
    from fewstep.nodes.one_step_loader import FewStepOneStepLoader

    folder_paths.folder_names_and_paths["diffusion_models"] = ([str(file.parent)], {file.suffix})
    recipe = "hyper-sd/sdxl-1step-unet"
    return FewStepOneStepLoader.execute(file.name, recipe, "none", "default", 8.0).result[0]


def _core(file: str):
    import comfy.sd

    return comfy.sd.load_diffusion_model(file)


def _step(model, loader: str):
    import comfy.samplers
    import torch

    sampling = model.get_model_object("model_sampling")
    sigmas = comfy.samplers.calculate_sigmas(sampling, "simple", 1)
    generator = torch.Generator().manual_seed(3)
    pooled = torch.randn(1, 1280, generator=generator)
    embedding = torch.randn(1, 77, 2048, generator=generator)
    guider = comfy.samplers.CFGGuider(model)
    guider.set_conds([[embedding, {"pooled_output": pooled}]], [])
    guider.set_cfg(1.0)
    noise = torch.randn(1, 4, 32, 32, generator=generator)
    euler = comfy.samplers.sampler_object("euler")
    return guider.sample(noise, torch.zeros_like(noise), euler, sigmas, disable_pbar=True, seed=3)


if __name__ == "__main__":
    main(*sys.argv[1:])
