"""Headers of published files, rebuilt from the architecture: same names, shapes, types, sizes.

The networks are diffusers' own, without weights; 14 kinds of layers are what few-step LoRAs of
UNets change. A replica has the published size to the byte, and no data.
"""

import functools
import json
import math
import struct

import torch
from diffusers import FluxTransformer2DModel, SD3Transformer2DModel, UNet2DConditionModel

TARGETS = (
    *("to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "ff.net.0.proj", "ff.net.2"),
    *("conv1", "conv2", "conv_shortcut", "downsamplers.0.conv", "upsamplers.0.conv"),
    "time_emb_proj",
)
ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
BYTES = {"F32": 4, "F16": 2, "BF16": 2, "I64": 8}

_CROSS = "CrossAttnDownBlock2D", "CrossAttnUpBlock2D"
_SDXL = {
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", _CROSS[0], _CROSS[0]),
    "up_block_types": (_CROSS[1], _CROSS[1], "UpBlock2D"),
    "attention_head_dim": (5, 10, 20),
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
NETWORKS = {
    "SD 1.5": (UNet2DConditionModel, {"cross_attention_dim": 768}),
    "SD 2.1": (
        UNet2DConditionModel,
        {
            "cross_attention_dim": 1024,
            "attention_head_dim": (5, 10, 20, 20),
            "use_linear_projection": True,
        },
    ),
    "SDXL": (UNet2DConditionModel, {**_SDXL, "transformer_layers_per_block": (1, 2, 10)}),
    "SSD-1B": (
        UNet2DConditionModel,
        {
            **_SDXL,
            "transformer_layers_per_block": ((0, 0), (2, 2), (4, 4)),
            "reverse_transformer_layers_per_block": ((4, 4, 10), (2, 1, 1), (0, 0, 0)),
            "mid_block_type": "UNetMidBlock2D",
        },
    ),
    "Segmind Vega": (
        UNet2DConditionModel,
        {
            **_SDXL,
            "transformer_layers_per_block": ((0, 0), (1, 1), (2, 2)),
            "reverse_transformer_layers_per_block": ((2, 2, 2), (1, 1, 1), (0, 0, 0)),
            "mid_block_type": "UNetMidBlock2D",
        },
    ),
    "SD3": (
        SD3Transformer2DModel,
        {"num_layers": 24, "num_attention_heads": 24, "caption_projection_dim": 1536},
    ),
    "FLUX.1": (FluxTransformer2DModel, {"guidance_embeds": True}),
}

UNETS = ("SD 1.5", "SD 2.1", "SDXL", "SSD-1B")


@functools.cache
def layers(base):
    """Kind and shape of the weights of all convolutions and linear layers, by module path."""
    made, config = NETWORKS[base]
    with torch.device("meta"):
        network = made(**config)
    return {
        name: (type(module).__name__, tuple(module.weight.shape))
        for name, module in network.named_modules()
        if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d))
    }


def changed(base, targets=TARGETS):
    """Layers a LoRA with these targets changes; all linear ones of a transformer."""
    if base in ("FLUX.1", "SD3"):
        return layers(base)
    return {
        name: layer
        for name, layer in layers(base).items()
        if any(name.endswith("." + target) or name == target for target in targets)
    }


def lora(base, keys, rank=64, dtype="F16", targets=TARGETS):
    """Tensors of a LoRA by name: (dtype, shape)."""
    tensors = {}
    for module, (_, (outputs, inputs, *kernel)) in changed(base, targets).items():
        one = [1] * len(kernel)
        down, up = (rank, inputs, *kernel), (outputs, rank, *one)
        if keys == "kohya":
            name = "lora_unet_" + module.replace(".", "_")
            tensors[f"{name}.alpha"] = (dtype, ())
            tensors[f"{name}.lora_down.weight"] = (dtype, down)
            tensors[f"{name}.lora_up.weight"] = (dtype, up)
        elif keys == "diffusers":
            tensors[f"unet.{module}.lora.down.weight"] = (dtype, down)
            tensors[f"unet.{module}.lora.up.weight"] = (dtype, up)
        else:
            prefix = {"peft": "base_model.model", "transformer": "transformer"}[keys]
            tensors[f"{prefix}.{module}.lora_A.weight"] = (dtype, down)
            tensors[f"{prefix}.{module}.lora_B.weight"] = (dtype, up)
    return tensors


def unet(base, dtype="F16"):
    """Weights of a whole network by diffusers' names."""
    return {f"{name}.weight": (dtype, shape) for name, (_, shape) in layers(base).items()}


def checkpoint(base, dtype="F16"):
    """Some weights of a checkpoint in the layout of the first releases, enough to know it by."""
    width = {"SD 1.5": 768, "SD 2.1": 1024, "SDXL": 2048}[base]
    deepest = 10 if base == "SDXL" else 1
    prefix = "model.diffusion_model"
    tensors = {
        f"{prefix}.input_blocks.8.1.transformer_blocks.{n}.attn2.to_k.weight": (
            dtype,
            (1280, width),
        )
        for n in range(deepest)
    }
    tensors[f"{prefix}.middle_block.0.in_layers.2.weight"] = (dtype, (1280, 1280, 3, 3))
    tensors["first_stage_model.encoder.conv_in.weight"] = (dtype, (128, 3, 3, 3))
    return tensors


def write(path, tensors, metadata=None, size=None):
    """A file with this header, and nothing where the data belongs."""
    content = {"__metadata__": metadata} if metadata else {}
    offset = 0
    for name, (dtype, shape) in sorted(tensors.items()):
        end = offset + BYTES[dtype] * math.prod(shape)
        content[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(content, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(size or len(text) + 8 + offset)
    return path
