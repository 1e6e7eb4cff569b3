"""Files of narrow models in both layouts, a host that knows them, and their twins in diffusers."""

import comfy.model_detection
import comfy.supported_models
import comfy.utils
import narrow
import torch
from diffusers import UNet2DConditionModel

_INSIDE = "model.diffusion_model."
_KNOWN_BY = {
    "SD 1.5": ("model_channels",),
    "SDXS": ("model_channels",),
    "SDXS 0.9": ("model_channels",),
    "SD 2.1": ("model_channels",),
    "SDXL": ("model_channels", "transformer_depth"),
    "SSD-1B": ("model_channels",),
}
_UNETS = {
    "SD 1.5": {
        "block_out_channels": (32, 64),
        "down_block_types": ("CrossAttnDownBlock2D",) * 2,
        "up_block_types": ("CrossAttnUpBlock2D",) * 2,
        "cross_attention_dim": 768,
        "attention_head_dim": 8,
    },
    "SDXS": {
        "block_out_channels": (32, 64, 128),
        "down_block_types": ("DownBlock2D", *("CrossAttnDownBlock2D",) * 2),
        "mid_block_type": None,
        "up_block_types": (*("CrossAttnUpBlock2D",) * 2, "UpBlock2D"),
        "cross_attention_dim": 768,
        "attention_head_dim": 8,
    },
    "SDXS 0.9": {
        "block_out_channels": (64, 128, 256),
        "down_block_types": ("CrossAttnDownBlock2D",) * 3,
        "mid_block_type": None,
        "up_block_types": ("CrossAttnUpBlock2D",) * 3,
        "cross_attention_dim": 1024,
        "attention_head_dim": (1, 2, 4),
        "use_linear_projection": True,
        "only_cross_attention": (True, False, False),
    },
    "SD 2.1": {
        "layers_per_block": 2,
        "block_out_channels": (64, 64, 128, 128),
        "cross_attention_dim": 1024,
        "attention_head_dim": (1, 1, 2, 2),
        "use_linear_projection": True,
    },
    "SDXL": {
        "block_out_channels": (64, 64, 128),
        "down_block_types": ("DownBlock2D", *("CrossAttnDownBlock2D",) * 2),
        "up_block_types": (*("CrossAttnUpBlock2D",) * 2, "UpBlock2D"),
        "transformer_layers_per_block": (1, 1, 3),
        "attention_head_dim": (1, 1, 2),
        "cross_attention_dim": 2048,
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
    },
}
_UNETS["SSD-1B"] = {
    **_UNETS["SDXL"],
    "layers_per_block": 2,
    "transformer_layers_per_block": (1, (2, 2), (4, 4)),
    "reverse_transformer_layers_per_block": ((4, 4, 10), (2, 1, 1), 1),
    "mid_block_type": "UNetMidBlock2D",
}


def teach(monkeypatch, base):
    """Lets the host take a narrow UNet for one of this base: it knows models by their width."""
    kind, config = narrow.CONFIGS[base]
    for key in _KNOWN_BY[base]:
        monkeypatch.setitem(kind.unet_config, key, config[key])

    def narrow_config(tensors, dtype=None):
        found = dict(config) if "conv_in.weight" in tensors else None
        return found and comfy.model_detection.convert_config(found)

    monkeypatch.setattr(comfy.model_detection, "unet_config_from_diffusers_unet", narrow_config)


def unet(base, layout="ComfyUI"):
    """The weights of the narrow UNet, by the names of a layout: ComfyUI, diffusers or inside."""
    model = narrow.patcher(base).model
    weights = {name: w.clone() for name, w in model.diffusion_model.state_dict().items()}
    if layout == "ComfyUI":
        return {_INSIDE + name: weight for name, weight in weights.items()}
    names = comfy.utils.unet_to_diffusers(model.model_config.unet_config)
    return {
        outside: weights[name]
        for outside, name in names.items()
        # Another name of add_embedding, in files of other models.
        if name in weights and not outside.startswith("class_embedding.")
    }


def of_diffusers(base, weights, **config):
    """diffusers' UNet with these weights, by diffusers' names."""
    made = UNet2DConditionModel(**{"layers_per_block": 1} | _UNETS[base] | config).eval()
    wanted = made.state_dict().keys()
    left = made.load_state_dict({k: v for k, v in weights.items() if k in wanted}, strict=False)
    assert not left.missing_keys
    return made


def given_to(base, size):
    """The conditioning of `narrow` as diffusers' UNet takes it, for latents of this size."""
    embedding, extra = narrow.conditioning(base)[0]
    if "pooled_output" not in extra:
        return {"encoder_hidden_states": embedding}
    # Size, crop and target size in pixels, which the host takes from the latent.
    pixels = 8.0 * size
    ids = torch.tensor([[pixels, pixels, 0, 0, pixels, pixels]])
    known = {"text_embeds": extra["pooled_output"], "time_ids": ids}
    return {"encoder_hidden_states": embedding, "added_cond_kwargs": known}
