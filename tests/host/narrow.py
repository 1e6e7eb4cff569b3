"""Narrow models with random weights in the host's own layouts, and LoRAs in every form of keys."""

import functools

import comfy.lora
import comfy.model_management
import comfy.model_patcher
import comfy.samplers
import comfy.supported_models
import comfy.utils
import torch
from safetensors.torch import save_file

_UNET = {
    "image_size": 32,
    "in_channels": 4,
    "out_channels": 4,
    "use_spatial_transformer": True,
    "legacy": False,
    "use_temporal_attention": False,
}
_SD15 = {
    **_UNET,
    "model_channels": 32,
    "num_res_blocks": [1, 1],
    "channel_mult": [1, 2],
    "num_heads": 4,
    "transformer_depth": [1, 1],
    "transformer_depth_output": [1, 1, 1, 1],
    "transformer_depth_middle": 1,
    "context_dim": 768,
    "use_linear_in_transformer": False,
    "adm_in_channels": None,
}
_SDXL = {
    **_UNET,
    "model_channels": 64,
    "num_res_blocks": [1, 1, 1],
    "channel_mult": [1, 1, 2],
    "num_head_channels": 64,
    # Three in the last level in place of ten: with two it would be Segmind Vega.
    "transformer_depth": [0, 1, 3],
    "transformer_depth_output": [0, 0, 1, 1, 3, 3],
    # As deep as the last level, which is how diffusers builds it.
    "transformer_depth_middle": 3,
    "context_dim": 2048,
    "use_linear_in_transformer": True,
    "num_classes": "sequential",
    "adm_in_channels": 2816,
}
_SDXS = {
    **_SD15,
    "num_res_blocks": [1, 1, 1],
    "channel_mult": [1, 2, 4],
    "num_heads": 8,
    "transformer_depth": [0, 1, 1],
    "transformer_depth_output": [0, 0, 1, 1, 1, 1],
    "transformer_depth_middle": -2,
}
_SDXS_09 = {
    **_UNET,
    "model_channels": 64,
    "num_res_blocks": [1, 1, 1],
    "channel_mult": [1, 2, 4],
    "num_head_channels": 64,
    "transformer_depth": [1, 1, 1],
    "transformer_depth_output": [1, 1, 1, 1, 1, 1],
    "transformer_depth_middle": -2,
    "context_dim": 1024,
    "use_linear_in_transformer": True,
    "adm_in_channels": None,
    "disable_self_attentions": [True, False, False],
}
_SD21 = {
    **_UNET,
    "model_channels": 64,
    # As many as in the real one: the host tells v-prediction from a weight of the last block.
    "num_res_blocks": [2, 2, 2, 2],
    "channel_mult": [1, 1, 2, 2],
    "num_head_channels": 64,
    "transformer_depth": [1, 1, 1, 1, 1, 1, 0, 0],
    "transformer_depth_output": [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0],
    "transformer_depth_middle": 1,
    "context_dim": 1024,
    "use_linear_in_transformer": True,
    "adm_in_channels": None,
}
_SSD_1B = {
    **_SDXL,
    "num_res_blocks": [2, 2, 2],
    "transformer_depth": [0, 0, 2, 2, 4, 4],
    "transformer_depth_output": [0, 0, 0, 1, 1, 2, 10, 4, 4],
    "transformer_depth_middle": -1,
}
_FLUX = {
    "image_model": "flux",
    "in_channels": 16,
    "out_channels": 16,
    "patch_size": 2,
    "vec_in_dim": 32,
    "context_in_dim": 48,
    "hidden_size": 64,
    "mlp_ratio": 4.0,
    "num_heads": 2,
    "depth": 1,
    "depth_single_blocks": 1,
    "axes_dim": [8, 12, 12],
    "theta": 10000,
    "qkv_bias": True,
    "guidance_embed": True,
    "txt_ids_dims": [],
}
_SD3 = {
    "in_channels": 16,
    "out_channels": 16,
    "patch_size": 2,
    # The width is 64 times the depth.
    "depth": 2,
    "input_size": None,
    "adm_in_channels": 2048,
    "context_embedder_config": {
        "target": "torch.nn.Linear",
        "params": {"in_features": 4096, "out_features": 128},
    },
    "num_patches": 1024,
    "pos_embed_max_size": 32,
    "pos_embed_scaling_factor": None,
    "qk_norm": "rms",
    "x_block_self_attn_layers": [],
}
KEYS = ("kohya", "unet A/B", "unet down/up", "peft", "transformer")
CONFIGS = {
    "SD 1.5": (comfy.supported_models.SD15, _SD15),
    "SDXL": (comfy.supported_models.SDXL, _SDXL),
    "SD 1.5 inpaint": (comfy.supported_models.SD15, {**_SD15, "in_channels": 9}),
    "SDXS": (comfy.supported_models.SD15, _SDXS),
    "SDXS 0.9": (comfy.supported_models.SD20, _SDXS_09),
    "SD 2.1": (comfy.supported_models.SD20, _SD21),
    "SSD-1B": (comfy.supported_models.SSD1B, _SSD_1B),
    "FLUX.1": (comfy.supported_models.Flux, _FLUX),
    "SD3": (comfy.supported_models.SD3, _SD3),
}


_TRANSFORMERS = {
    "FLUX.1": comfy.utils.flux_to_diffusers,
    "known FLUX": comfy.utils.flux_to_diffusers,
    "SD3": comfy.utils.mmdit_to_diffusers,
}


def model_of(base, device="cpu"):
    """The host's model of this base; its weights are whatever was in the memory."""
    kind, config = CONFIGS[base]
    config = kind(dict(config))
    config.set_inference_dtype(torch.float32, None)
    return config.get_model({}, device=torch.device(device))


@functools.cache
def patcher(base):
    """A model of this base as the host's loaders hand it out."""
    model = model_of(base)
    generator = torch.Generator().manual_seed(5)
    for name, weight in model.named_parameters():
        scale = weight[0].numel() ** -0.5 if weight.ndim > 1 else 0.1
        weight.data = scale * torch.randn(weight.shape, generator=generator)
        if weight.ndim == 1 and name.endswith(("weight", "scale")):
            weight.data += 1
    for buffer in model.diffusion_model.buffers():
        # SD3's places; the host leaves room for what a file holds.
        buffer.copy_(torch.rand(buffer.shape, generator=generator))
    cpu = torch.device("cpu")
    return comfy.model_patcher.ModelPatcher(model, cpu, cpu)


@functools.cache
def _paths(base):
    """Paths of the layers by diffusers' names, with the shapes of their weights."""
    return tuple(_find_paths(model_of(base, "meta"), base))


def _find_paths(model, base):
    config = model.model_config.unet_config
    weights = model.state_dict()
    if base in _TRANSFORMERS:
        names = _TRANSFORMERS[base](config, output_prefix="diffusion_model.")
    else:
        names = comfy.utils.unet_to_diffusers(config)
        names = {name: f"diffusion_model.{inside}" for name, inside in names.items()}
    seen = set()
    # The host makes the names from sets, whose order is another in every process.
    for name, target in sorted(names.items(), key=lambda named: named[0]):
        inside, cut = (target, None) if isinstance(target, str) else target[:2]
        # Some layers have two names, and some names no layer.
        if not name.endswith(".weight") or inside not in weights or str(target) in seen:
            continue
        seen.add(str(target))
        outputs, *inputs = weights[inside].shape
        if inputs:
            yield name.removesuffix(".weight"), (cut[2] if cut else outputs, *inputs)


def lora(base, keys, rank=4, size=0.05, seed=1, alpha=2.0, only=""):
    """A LoRA for all convolutions and linear layers, in the form `keys` of names."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for path, (outputs, inputs, *kernel) in _paths(base):
        down = torch.randn(rank, inputs, *kernel, generator=generator) * inputs**-0.5
        up = torch.randn(outputs, rank, *[1] * len(kernel), generator=generator) * size
        if only not in path:
            continue
        flat = path.replace(".", "_")
        down_name, up_name = {
            "kohya": (f"lora_unet_{flat}.lora_down.weight", f"lora_unet_{flat}.lora_up.weight"),
            "unet A/B": (f"unet.{path}.lora_A.weight", f"unet.{path}.lora_B.weight"),
            "unet down/up": (f"unet.{path}.lora.down.weight", f"unet.{path}.lora.up.weight"),
            "peft": (
                f"base_model.model.{path}.lora_A.weight",
                f"base_model.model.{path}.lora_B.weight",
            ),
            "transformer": (
                f"transformer.{path}.lora_A.weight",
                f"transformer.{path}.lora_B.weight",
            ),
        }[keys]
        tensors[down_name], tensors[up_name] = down, up
        if keys == "kohya" and alpha is not None:
            tensors[f"lora_unet_{flat}.alpha"] = torch.tensor(alpha)
    return tensors


def write(folder, name, tensors):
    folder.mkdir(parents=True, exist_ok=True)
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / name)
    return name


def conditioning(base, seed=9):
    generator = torch.Generator().manual_seed(seed)
    width, pooled = {
        "SD 1.5": (768, None),
        "SD 1.5 inpaint": (768, None),
        "SDXS": (768, None),
        "SDXS 0.9": (1024, None),
        "SD 2.1": (1024, None),
        "SDXL": (2048, 1280),
        "SSD-1B": (2048, 1280),
        "SD3": (4096, 2048),
        "FLUX.1": (48, 32),
    }[base]
    extra = {"pooled_output": torch.randn(1, pooled, generator=generator)} if pooled else {}
    return [[torch.randn(1, 7, width, generator=generator), extra]]


def channels_of(base):
    """Of a latent."""
    return CONFIGS[base][1]["out_channels"]


def sampled(model, base, sigmas, *, latent=None, cfg=1.0, sampler="euler", noise=True, seed=3):
    """The latent a sampler of the host makes of noise, or of `latent`."""
    shape = (1, channels_of(base), 8, 8)
    latent = torch.zeros(shape) if latent is None else latent
    start = torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * noise
    guider = comfy.samplers.CFGGuider(model)
    guider.set_conds(conditioning(base), conditioning(base, 10))
    guider.set_cfg(cfg)
    chosen = comfy.samplers.sampler_object(sampler)
    return guider.sample(start, latent, chosen, sigmas, disable_pbar=True, seed=seed)


def sigmas_of(model, steps):
    return comfy.samplers.calculate_sigmas(
        model.get_model_object("model_sampling"), "simple", steps
    )
