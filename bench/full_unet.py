"""A full Stable Diffusion 1.5 UNet and a LoRA for it, both of random numbers."""

from pathlib import Path

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


def make_model() -> comfy.model_patcher.ModelPatcher:
    """859.5 million parameters in float32, on the CPU."""
    config = comfy.supported_models.SD15(dict(SD15_CONFIG))
    config.set_inference_dtype(torch.float32, None)
    model = config.get_model({})
    for weight in model.parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=weight[0].numel() ** -0.5)
        else:
            torch.nn.init.zeros_(weight)
    cpu = torch.device("cpu")
    return comfy.model_patcher.ModelPatcher(model, cpu, cpu)


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


def sample(model: comfy.model_patcher.ModelPatcher, seed: int) -> torch.Tensor:
    """One step of 64x64 latents at CFG 1."""
    guider = comfy.samplers.CFGGuider(model)
    guider.set_conds([[torch.zeros(1, 77, 768), {}]], [[torch.zeros(1, 77, 768), {}]])
    guider.set_cfg(1.0)
    noise = torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(seed))
    sigmas = comfy.samplers.calculate_sigmas(model.get_model_object("model_sampling"), "simple", 1)
    euler = comfy.samplers.sampler_object("euler")
    return guider.sample(
        noise, torch.zeros_like(noise), euler, sigmas, disable_pbar=True, seed=seed
    )
