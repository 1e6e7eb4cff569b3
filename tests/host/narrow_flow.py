"""Narrow models of today's flow and video families, with random weights.

Where the host reads the widths from a file's tensors, the model goes through its real loader; where
they stand in the host's own code (`by_hand`), its class is built with a small config.
"""

import functools
import json
import tempfile
from pathlib import Path
from typing import NamedTuple

import comfy.model_patcher
import comfy.nested_tensor
import comfy.sd
import comfy.supported_models
import torch
from safetensors.torch import save_file


class Family(NamedTuple):
    """The host's config class, what it is built with, its latents' shapes, its text's width."""

    kind: str
    config: dict
    latent: tuple
    text: int
    by_hand: bool = False


_WAN = {
    "image_model": "wan2.1",
    "model_type": "t2v",
    "in_dim": 16,
    "out_dim": 16,
    "dim": 128,
    "num_heads": 1,
    "ffn_dim": 256,
    "num_layers": 2,
    "patch_size": (1, 2, 2),
    "freq_dim": 256,
    "window_size": (-1, -1),
    "qk_norm": True,
    "cross_attn_norm": True,
    "eps": 1e-6,
}
_KREA = {
    "image_model": "krea2",
    "features": 128,
    "channels": 16,
    "patch": 2,
    "layers": 2,
    "heads": 1,
    "kvheads": 1,
    "txtlayers": 2,
    # A multiple of the 20 heads that the host gives its text layers.
    "txtdim": 80,
}
_FLUX2 = {
    "image_model": "flux2",
    "axes_dim": [32, 32, 32, 32],
    "num_heads": 1,
    "mlp_ratio": 3.0,
    "theta": 2000,
    "in_channels": 128,
    "out_channels": 128,
    "global_modulation": True,
    "mlp_silu_act": True,
    "qkv_bias": False,
    "ops_bias": False,
    "default_ref_method": "index",
    "ref_index_scale": 10.0,
    "txt_ids_dims": [3],
    "patch_size": 1,
    "hidden_size": 128,
    "context_in_dim": 48,
    "vec_in_dim": None,
    "depth": 1,
    "depth_single_blocks": 1,
    "guidance_embed": True,
}
_LENS = {
    "image_model": "lens",
    "in_channels": 128,
    "out_channels": 32,
    "num_layers": 1,
    "num_attention_heads": 2,
    "enc_hidden_dim": 48,
    "multi_layer_encoder_feature": True,
    "selected_layer_index": (0, 1),
}
_HUNYUAN = {
    "image_model": "hunyuan_video",
    "in_channels": 65,
    "out_channels": 32,
    "patch_size": [1, 1, 1],
    "vec_in_dim": None,
    "axes_dim": [16, 56, 56],
    "context_in_dim": 48,
    "hidden_size": 128,
    "mlp_ratio": 4.0,
    "num_heads": 1,
    "depth": 1,
    "depth_single_blocks": 1,
    "theta": 256,
    "qkv_bias": True,
    "byt5": False,
    "guidance_embed": False,
    "use_cond_type_embedding": True,
    "vision_in_dim": 1152,
    "meanflow": False,
    "meanflow_sum": True,
}
_H3 = {
    "image_model": "minimax_h3",
    "num_layers": 1,
    "token_refiner_num_layers": 1,
    "hidden_size": 64,
    "latents_dim": 24,
    "audio_latents_dim": 32,
    "attention_head_dim": 128,
    "num_attention_heads": 1,
    "ffn_hidden_size": 96,
    "text_dim": 48,
    "timestep_input_dim": 64,
    "time_embed_hidden_size": 64,
    "time_embed_dim": 32,
    "rope_inv_freq_len": 16,
}
_LTX = {
    "num_layers": 1,
    "cross_attention_dim": 64,
    "audio_cross_attention_dim": 32,
    "attention_head_dim": 32,
    "audio_attention_head_dim": 16,
    "num_attention_heads": 2,
    "audio_num_attention_heads": 2,
    "caption_channels": 48,
    "connector_num_attention_heads": 2,
    "connector_attention_head_dim": 24,
    "connector_num_layers": 1,
}
_QWEN = {
    "image_model": "qwen_image",
    "in_channels": 64,
    "num_layers": 1,
    "attention_head_dim": 32,
    "num_attention_heads": 2,
    "joint_attention_dim": 48,
    "axes_dims_rope": (8, 12, 12),
}
_MAGE = {**_QWEN, "image_model": "mage_flow", "in_channels": 128}
_Z_IMAGE = {
    "image_model": "lumina2",
    "patch_size": 2,
    "in_channels": 16,
    "dim": 256,
    "cap_feat_dim": 48,
    "n_layers": 1,
    "n_refiner_layers": 1,
    "qk_norm": True,
    "n_heads": 8,
    "n_kv_heads": 8,
    "axes_dims": [8, 12, 12],
    "axes_lens": [64, 64, 64],
    "rope_theta": 256.0,
    "ffn_dim_multiplier": 8 / 3,
    "z_image_modulation": True,
    "time_scale": 1000.0,
    "multiple_of": 32,
}
_BOOGU = {
    "image_model": "boogu",
    "hidden_size": 64,
    "num_layers": 1,
    "num_double_stream_layers": 1,
    "num_refiner_layers": 1,
    "num_attention_heads": 2,
    "num_kv_heads": 1,
    "multiple_of": 32,
    "axes_dim_rope": (8, 12, 12),
    "axes_lens": (64, 64, 64),
    "instruction_feat_dim": 48,
}
_ERNIE = {
    "image_model": "ernie",
    "hidden_size": 64,
    "num_attention_heads": 2,
    "num_layers": 1,
    "ffn_hidden_size": 96,
    "text_in_dim": 48,
    "rope_axes_dim": (8, 12, 12),
}
_ANIMA = {
    "image_model": "anima",
    "max_img_h": 240,
    "max_img_w": 240,
    "max_frames": 128,
    "in_channels": 16,
    "out_channels": 16,
    "patch_spatial": 2,
    "patch_temporal": 1,
    "model_channels": 64,
    "num_blocks": 1,
    "num_heads": 2,
    "concat_padding_mask": True,
    "crossattn_emb_channels": 1024,
    "pos_emb_cls": "rope3d",
    "pos_emb_learnable": True,
    "use_adaln_lora": True,
    "adaln_lora_dim": 16,
    "rope_h_extrapolation_ratio": 4.0,
    "rope_w_extrapolation_ratio": 4.0,
    "rope_t_extrapolation_ratio": 1.0,
    "rope_enable_fps_modulation": False,
}
_VIDEO, _IMAGE_5D, _WIDE = (1, 16, 2, 8, 8), (1, 16, 1, 8, 8), (1, 128, 4, 4)
FAMILIES = {
    "Wan 2.2 T2V": Family("WAN21_T2V", _WAN, (_VIDEO,), 4096),
    "Wan 2.2 I2V": Family("WAN21_T2V", {**_WAN, "in_dim": 36}, (_VIDEO,), 4096),
    "Wan 2.1 I2V": Family(
        "WAN21_I2V", {**_WAN, "model_type": "i2v", "in_dim": 36}, (_VIDEO,), 4096
    ),
    "Krea 2": Family("Krea2", _KREA, (_IMAGE_5D,), 160),
    "FLUX.2": Family("Flux2", _FLUX2, (_WIDE,), 48),
    "Lens": Family("Lens", _LENS, (_WIDE,), 96),
    "HunyuanVideo 1.5": Family("HunyuanVideo15", _HUNYUAN, ((1, 32, 2, 4, 4),), 48),
    "MiniMax H3": Family("MiniMaxH3", _H3, ((1, 24, 2, 4, 4), (1, 32, 2, 8)), 48),
    "LTX-2": Family(
        "LTXAV", {"image_model": "ltxav", **_LTX}, ((1, 128, 2, 2, 2), (1, 8, 8, 16)), 48
    ),
    "Qwen-Image": Family("QwenImage", _QWEN, (_IMAGE_5D,), 48, by_hand=True),
    "Z-Image": Family("ZImage", _Z_IMAGE, ((1, 16, 8, 8),), 48, by_hand=True),
    "Mage-Flow": Family("MageFlow", _MAGE, (_WIDE,), 48, by_hand=True),
    "Boogu": Family("Boogu", _BOOGU, ((1, 16, 8, 8),), 48, by_hand=True),
    "Ernie": Family("ErnieImage", _ERNIE, (_WIDE,), 48, by_hand=True),
    "Anima": Family("Anima", _ANIMA, (_IMAGE_5D,), 1024, by_hand=True),
}


@functools.cache
def patcher(name):
    """A narrow model of this family as the host hands it out; all tests share it."""
    family = FAMILIES[name]
    network = model_of(family)
    if family.by_hand:
        cpu = torch.device("cpu")
        return comfy.model_patcher.ModelPatcher(network, cpu, cpu)
    with tempfile.TemporaryDirectory() as folder:
        return comfy.sd.load_diffusion_model(str(write(folder, "model.safetensors", name, network)))


def model_of(family):
    """The host's model with random weights of a size that keeps a picture's."""
    config = getattr(comfy.supported_models, family.kind)(dict(family.config))
    config.set_inference_dtype(torch.float32, None)
    network = config.get_model({}, device=torch.device("cpu"))
    generator = torch.Generator().manual_seed(5)
    for name, weight in network.named_parameters():
        scale = weight[0].numel() ** -0.5 if weight.ndim > 1 else 0.1
        weight.data = (scale * torch.randn(weight.shape, generator=generator)).to(weight.dtype)
        if weight.ndim == 1 and name.endswith(("weight", "scale")):
            weight.data += 1
    for buffer in network.diffusion_model.buffers():
        if buffer.is_floating_point():
            buffer.copy_(torch.rand(buffer.shape, generator=generator))
    return network


def write(folder, file, name, network=None):
    """A file of this family as people have it; where it is."""
    family = FAMILIES[name]
    network = network or model_of(family)
    path = Path(folder) / file
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {key: w.contiguous() for key, w in network.diffusion_model.state_dict().items()}
    save_file(weights, path, metadata=told(name))
    return path


def told(name):
    """The metadata of such a file: LTX's widths stand in it."""
    ltx = FAMILIES[name].kind == "LTXAV"
    return {"config": json.dumps({"transformer": _LTX})} if ltx else None


def latent(name, value=0.0):
    """An empty latent; nested where a family draws sound beside the video."""
    parts = [torch.full(shape, value) for shape in FAMILIES[name].latent]
    return parts[0] if len(parts) == 1 else comfy.nested_tensor.NestedTensor(parts)


def conditioning(name, seed=9):
    generator = torch.Generator().manual_seed(seed)
    text = torch.randn(1, 7, FAMILIES[name].text, generator=generator)
    # What the host's classes of these two do not do without.
    extra = {
        "Boogu": {"attention_mask": torch.ones(1, 7, dtype=torch.long)},
        "HunyuanVideo 1.5": {"pooled_output": None},
    }
    return [[text, extra.get(name, {})]]
