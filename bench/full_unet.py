"""Stable Diffusion UNets of full size, narrow ones to try with, and a LoRA: of random numbers."""

from pathlib import Path
from typing import Any, NamedTuple

import comfy.model_patcher
import comfy.samplers
import comfy.supported_models
import comfy.utils
import torch
from safetensors.torch import save_file

RANK = 64
SD15_CONFIG = {
    "image_size": 32,
    "in_channels": 4,
    "out_channels": 4,
    "model_channels": 320,
    "num_res_blocks": [2, 2, 2, 2],
    "channel_mult": [1, 2, 4, 4],
    "num_heads": 8,
    "use_spatial_transformer": True,
    "transformer_depth": [1, 1, 1, 1, 1, 1, 0, 0],
    "transformer_depth_output": [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0],
    "transformer_depth_middle": 1,
    "context_dim": 768,
    "use_linear_in_transformer": False,
    "adm_in_channels": None,
    "use_temporal_attention": False,
    "legacy": False,
}
SDXL_CONFIG = {
    **SD15_CONFIG,
    "num_res_blocks": [2, 2, 2],
    "channel_mult": [1, 2, 4],
    "num_head_channels": 64,
    "num_heads": -1,
    "transformer_depth": [0, 0, 2, 2, 10, 10],
    "transformer_depth_output": [0, 0, 0, 2, 2, 2, 10, 10, 10],
    "transformer_depth_middle": 10,
    "context_dim": 2048,
    "use_linear_in_transformer": True,
    "num_classes": "sequential",
    "adm_in_channels": 2816,
}
_NARROW_SDXL = {
    **SDXL_CONFIG,
    "model_channels": 64,
    # Three in the last level in place of ten: with two it would be Segmind Vega.
    "transformer_depth": [0, 0, 1, 1, 3, 3],
    "transformer_depth_output": [0, 0, 0, 1, 1, 1, 3, 3, 3],
    "transformer_depth_middle": 3,
}


class Unet(NamedTuple):
    """The host's class of a base, a UNet's config, its latents' side, a LoRA's usual rank."""

    kind: Any
    config: dict
    side: int
    rank: int = 32


SD15, SDXL = comfy.supported_models.SD15, comfy.supported_models.SDXL
FULL = {"SD 1.5": Unet(SD15, SD15_CONFIG, 64), "SDXL": Unet(SDXL, SDXL_CONFIG, 128)}
NARROW = {
    "SD 1.5": Unet(SD15, {**SD15_CONFIG, "model_channels": 64}, 8, 8),
    "SDXL": Unet(SDXL, _NARROW_SDXL, 8, 8),
}


def make_model(
    unet: Unet = FULL["SD 1.5"],
    dtype: torch.dtype = torch.float32,
    device: str | torch.device = "cpu",
    rest: str | torch.device | None = None,
    patcher: type = comfy.model_patcher.ModelPatcher,
) -> comfy.model_patcher.ModelPatcher:
    """A model made on `device`, and kept on `rest` while it is not loaded.

    SD 1.5 has 859.5 million parameters, SDXL 2.57 thousand million.
    """
    device = torch.device(device)
    rest = device if rest is None else torch.device(rest)
    config = unet.kind(dict(unet.config))
    config.set_inference_dtype(dtype, None)
    model = config.get_model({}, device=device)
    model.diffusion_model.to(device)
    for weight in model.parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=weight[0].numel() ** -0.5)
        else:
            torch.nn.init.zeros_(weight)
    # By this the host knows that it has to load it.
    model.device = rest
    return patcher(model.to(rest), device, rest)


def prompt(unet: Unet, seed: int) -> list:
    """A conditioning of 77 words."""
    generator = torch.Generator().manual_seed(seed)
    pooled = torch.randn(1, 1280, generator=generator)
    words = torch.randn(1, 77, unet.config["context_dim"], generator=generator)
    return [[words, {"pooled_output": pooled} if unet.kind is SDXL else {}]]


def write_lora(model: comfy.model_patcher.ModelPatcher, path: Path) -> int:
    """A LoRA for all attention and convolution layers, in float16; how many layers it has."""
    weights = model.model.state_dict()
    tensors = {}
    for name, inside in comfy.utils.unet_to_diffusers(model.model.model_config.unet_config).items():
        weight = weights.get(f"diffusion_model.{inside}")
        is_part = any(part in name for part in ("attn", "conv", "proj_", "ff.net", "time_emb_proj"))
        if weight is None or weight.ndim < 2 or not is_part:
            continue
        module = "lora_unet_" + name.removesuffix(".weight").replace(".", "_")
        outputs, inputs, *kernel = weight.shape
        tensors[f"{module}.alpha"] = torch.tensor(8.0)
        tensors[f"{module}.lora_down.weight"] = torch.randn(RANK, inputs, *kernel).half() * 0.02
        tensors[f"{module}.lora_up.weight"] = torch.randn(outputs, RANK, *[1] * len(kernel)).half()
    save_file(tensors, path)
    return len(tensors) // 3


def sample(
    model: comfy.model_patcher.ModelPatcher,
    seed: int,
    unet: Unet = FULL["SD 1.5"],
    steps: int = 1,
) -> torch.Tensor:
    """Euler at CFG 1."""
    guider = comfy.samplers.CFGGuider(model)
    guider.set_conds(prompt(unet, 1), prompt(unet, 2))
    guider.set_cfg(1.0)
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, 4, unet.side, unet.side, generator=generator)
    sampling = model.get_model_object("model_sampling")
    sigmas = comfy.samplers.calculate_sigmas(sampling, "simple", steps)
    euler = comfy.samplers.sampler_object("euler")
    return guider.sample(
        noise, torch.zeros_like(noise), euler, sigmas, disable_pbar=True, seed=seed
    )
