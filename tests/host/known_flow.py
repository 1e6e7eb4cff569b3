"""Files of today's flow and video models by their published names, narrow and with random weights.

The host loads them as it loads the published ones, but for what `short_flow_parts` stands in for.
"""

import functools
import json

import comfy.lora
import comfy.sd
import narrow_flow
import short_flow_parts
import torch
from comfy.ldm.lightricks.latent_upsampler import LatentUpsampler
from comfy.ldm.lightricks.vae.audio_vae import AudioVAE
from comfy.ldm.lightricks.vae.causal_video_autoencoder import VideoVAE
from comfy.ldm.models.autoencoder import AutoencoderKL
from comfy.ldm.wan.vae import WanVAE

# By what is in a file's name, in this order.
_FAMILIES = {
    "wan2.2_t2v": "Wan 2.2 T2V",
    "wan2.2_i2v": "Wan 2.2 I2V",
    "qwen_image": "Qwen-Image",
    "qwen-image": "Qwen-Image",
    "z_image": "Z-Image",
    "krea2": "Krea 2",
    "flux-2": "FLUX.2",
    "flux_2": "FLUX.2",
    "flux2": "FLUX.2",
    "ltx": "LTX-2",
    "minimax_h3": "MiniMax H3",
}
_TEXTS = {
    "umt5_xxl": 4096,
    "qwen_2.5_vl_7b": 48,
    "qwen_3_4b": 48,
    "qwen3vl_4b": 160,
    "qwen3vl_32b_minimax": 48,
    "mistral_3_small_flux2": 48,
    "gemma_3_12b": 48,
}
_LTX_VIDEO = {
    "dims": 3,
    "latent_channels": 128,
    "blocks": [["res_x", 1], ["compress_all", 1], ["compress_all", 1], ["compress_all", 1]]
    + [["res_x", 1]],
    "patch_size": 4,
    "norm_layer": "pixel_norm",
    "latent_log_var": "uniform",
    "encoder_base_channels": 8,
    "decoder_base_channels": 8,
}
_LTX_SOUND = {
    "model": {
        "params": {
            "ddconfig": {
                "double_z": True,
                "mel_bins": 64,
                "z_channels": 8,
                "resolution": 256,
                "in_channels": 2,
                "out_ch": 2,
                "ch": 32,
                "ch_mult": [1, 1, 1],
                "num_res_blocks": 1,
                "attn_resolutions": [],
                "mid_block_add_attention": False,
                "norm_type": "pixel",
                "causality_axis": "height",
            },
            "sampling_rate": 16000,
        }
    },
    "preprocessing": {"stft": {"filter_length": 1024, "hop_length": 160}},
}
_LTX_VOICE = {"upsample_initial_channel": 32, "output_sample_rate": 24000}
_UPSCALER = {"in_channels": 128, "mid_channels": 32, "num_blocks_per_stage": 1, "dims": 3}


def is_known(name):
    """Whether this is a file of one of these families."""
    return any(part in name.lower() for part in (*_TEXTS, *_FAMILIES, *_VAES))


def held_by(folder, name):
    """What a file of this name holds: its tensors, and its metadata."""
    if folder == "text_encoders":
        width = next(width for part, width in _TEXTS.items() if part in name.lower())
        return {"weight": torch.zeros(1)}, {short_flow_parts.TEXT_WIDTH: str(width)}
    if folder == "vae":
        return next(vae for part, vae in _VAES.items() if part in name)(), None
    if folder == "latent_upscale_models":
        network = LatentUpsampler.from_config(_UPSCALER, operations=torch.nn)
        return _random(network), {"config": json.dumps(_UPSCALER)}
    family = next(family for part, family in _FAMILIES.items() if part in name.lower())
    if folder == "loras":
        return _lora(family), None
    return _checkpoint(family) if folder == "checkpoints" else _model(family, name)


@functools.cache
def _network(family):
    return narrow_flow.model_of(narrow_flow.FAMILIES[family])


def _model(family, name):
    known = narrow_flow.FAMILIES[family]
    if "klein" in name:
        # Distilled from a model without guidance as an input.
        known = known._replace(config={**known.config, "guidance_embed": False})
        return _tensors(narrow_flow.model_of(known)), None
    if not known.by_hand:
        return _tensors(_network(family)), None
    built_as = json.dumps((known.kind, known.config))
    return _tensors(_network(family)), {short_flow_parts.BUILT_AS: built_as}


def _checkpoint(family):
    """LTX's, with the VAEs of video and sound; the settings of all parts stand in its metadata."""
    config = {
        **json.loads(narrow_flow.told(family)["config"]),
        "vae": _LTX_VIDEO,
        "audio_vae": _LTX_SOUND,
        "vocoder": _LTX_VOICE,
    }
    told = {"config": json.dumps(config)}
    sound = {
        name.replace("autoencoder.", "audio_vae.", 1): weight
        for name, weight in _random(AudioVAE(told)).items()
    }
    video = _random(VideoVAE(config=_LTX_VIDEO))
    return {
        **_named(_tensors(_network(family)), "model.diffusion_model."),
        **_named(video, "vae."),
        **sound,
    }, told


def _lora(family, rank=4):
    """One that changes each layer of the network a little, under the host's own names."""
    network = _network(family)
    weights, tensors = network.state_dict(), {}
    generator = torch.Generator().manual_seed(3)
    for module, target in comfy.lora.model_lora_keys_unet(network, {}).items():
        weight = weights.get(target if isinstance(target, str) else "")
        if not module.startswith("diffusion_model.") or weight is None or weight.ndim != 2:
            continue
        outputs, inputs = weight.shape
        down = torch.randn(rank, inputs, generator=generator) * inputs**-0.5
        up = torch.randn(outputs, rank, generator=generator) * 0.1
        tensors |= {f"{module}.lora_down.weight": down, f"{module}.lora_up.weight": up}
        tensors[f"{module}.alpha"] = torch.tensor(float(rank))
    return tensors


def _wan():
    """For Wan, Qwen-Image and Krea 2 alike."""
    return _random(
        WanVAE(
            dim=4,
            z_dim=16,
            dim_mult=[1, 2, 4, 4],
            num_res_blocks=2,
            attn_scales=[],
            temperal_downsample=[False, True, True],
        )
    )


def _flux2():
    """Without an encoder, which the host builds 34 million weights wide; nothing is encoded."""
    config = {
        "double_z": True,
        "z_channels": 32,
        "resolution": 256,
        "in_channels": 3,
        "out_ch": 3,
        "ch": 32,
        "ch_mult": [1, 2, 4, 4],
        "num_res_blocks": 2,
        "attn_resolutions": [],
        "dropout": 0.0,
        "batch_norm_latent": True,
    }
    whole = _random(AutoencoderKL(ddconfig=config, embed_dim=32))
    return {name: weight for name, weight in whole.items() if not name.startswith("encoder.")}


def _video_of_h3():
    from comfy.ldm.minimax.vae import MiniMaxH3VideoVAE

    return _random(MiniMaxH3VideoVAE())


def _sound_of_h3():
    from comfy.ldm.minimax.audio_vae import MiniMaxH3AudioVAE

    return _random(MiniMaxH3AudioVAE())


_VAES = {
    "wan_2.1_vae": _wan,
    "qwen_image_vae": _wan,
    "flux2-vae": _flux2,
    "h3_video_vae": _video_of_h3,
    "h3_audio_vae": _sound_of_h3,
}


def _random(network):
    """Weights small enough for numbers to stay finite through all layers."""
    generator = torch.Generator().manual_seed(4)
    made = {}
    for name, weight in network.state_dict().items():
        if not weight.is_floating_point():
            made[name] = weight
            continue
        scale = weight[0].numel() ** -0.5 if weight.ndim > 1 else 0.1
        start = float(weight.ndim <= 1 and name.endswith(("weight", "scale", "std", "var")))
        drawn = scale * torch.randn(weight.shape, generator=generator)
        made[name] = start + (drawn.abs() if start else drawn)
    return made


def _tensors(network):
    return {name: w.contiguous() for name, w in network.diffusion_model.state_dict().items()}


def _named(weights, start):
    return {start + name: weight for name, weight in weights.items()}
