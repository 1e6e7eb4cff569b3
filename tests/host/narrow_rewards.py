"""Rewards and what they need, narrow and random: both halves of a CLIP, VAEs, files of heads."""

import json
from types import SimpleNamespace

import comfy.clip_vision
import comfy.sd
import comfy.sd1_clip
import comfy.taesd.taesd
import torch
from fewstep.host.training.rewards.made import reward_of
from safetensors.torch import save_file

EMBEDDED = 64
_VISION = {
    "model_type": "clip_vision_model",
    "hidden_act": "quick_gelu",
    "hidden_size": 48,
    "image_size": 32,
    "intermediate_size": 96,
    "num_attention_heads": 2,
    "num_channels": 3,
    "num_hidden_layers": 2,
    "patch_size": 8,
    "projection_dim": EMBEDDED,
}
_TEXT = {
    "num_hidden_layers": 1,
    "hidden_size": EMBEDDED,
    "intermediate_size": 64,
    "num_attention_heads": 2,
}
_DECODER = {
    "double_z": True,
    "z_channels": 4,
    "resolution": 64,
    "in_channels": 3,
    "out_ch": 3,
    "ch": 32,
    "ch_mult": [1, 1, 1, 1],
    "num_res_blocks": 1,
    "attn_resolutions": [],
    "dropout": 0.0,
}
# Four layers, whose answers are to two questions.
LAYERS = [
    {"kind": "conv", "weights": "first", "stride": 2, "padding": 1},
    {"kind": "group_norm", "weights": "norm", "groups": 2},
    {"kind": "silu"},
    {"kind": "mean"},
    {"kind": "linear", "weights": "last"},
]
HEADS = [
    {"name": "animal", "classes": [["cat", "kitten"], ["dog"]]},
    {"name": "time", "classes": [["day"], ["night"], []]},
]


def filled(module, seed=5):
    """The same random weights each time, made for inference as the host's loaders make them."""
    random = torch.Generator().manual_seed(seed)
    with torch.inference_mode():
        for part in module.modules():
            for name, weight in part._parameters.items():
                if weight is None:
                    continue
                scale = weight[0].numel() ** -0.5 if weight.ndim > 1 else 0.1
                drawn = scale * torch.randn(weight.shape, generator=random)
                if weight.ndim == 1 and name == "weight":
                    drawn += 1
                part._parameters[name] = torch.nn.Parameter(drawn, requires_grad=False)
    return module


def vision(folder, seed=5, **changes):
    file = folder / "vision.json"
    file.write_text(json.dumps({**_VISION, **changes}), "utf-8")
    made = comfy.clip_vision.ClipVisionModel(str(file))
    filled(made.model, seed)
    return made


def text(seed=6):
    """A CLIP of one layer, whose projection is as random as its other weights."""
    target = SimpleNamespace(
        params={}, clip=comfy.sd1_clip.SD1ClipModel, tokenizer=comfy.sd1_clip.SD1Tokenizer
    )
    made = comfy.sd.CLIP(target, model_options={"clip_l_model_config": _TEXT})
    filled(made.cond_stage_model, seed)
    return made


def tiny_vae(channels=4):
    """A TAESD."""
    names = comfy.taesd.taesd.TAESD(latent_channels=channels).state_dict()
    made = comfy.sd.VAE(sd={name: torch.zeros_like(one) for name, one in names.items()})
    filled(made.first_stage_model)
    scale = torch.tensor(0.2)
    for name, value in (("vae_scale", scale), ("vae_shift", torch.tensor(0.1))):
        made.first_stage_model._parameters[name] = torch.nn.Parameter(value, requires_grad=False)
    return made


def whole_vae():
    """The decoder of Stable Diffusion with a quarter of its channels."""
    made = comfy.sd.VAE(sd={}, config={"params": {"ddconfig": _DECODER, "embed_dim": 4}})
    filled(made.first_stage_model)
    return made


def classifier(path, heads=None, layers=None, seed=7, **changes):
    """A small classifier's file."""
    random = torch.Generator().manual_seed(seed)
    outputs = sum(len(head["classes"]) for head in HEADS)

    def drawn(*shape):
        return torch.randn(shape, generator=random) * 0.5

    weights = {
        "first.weight": drawn(8, 3, 3, 3),
        "first.bias": drawn(8),
        "norm.weight": drawn(8) + 1,
        "norm.bias": drawn(8),
        "last.weight": drawn(outputs, 8) * 4,
        "last.bias": drawn(outputs),
    }
    said = {
        "size": [24, 24],
        "resize": "bilinear",
        "mean": [0.4, 0.5, 0.6],
        "std": [0.5, 0.4, 0.3],
        "layers": layers or LAYERS,
        "heads": heads or HEADS,
        **changes,
    }
    save_file(weights, path, {"fewstep.classifier": json.dumps(said)})
    return weights


def head(path, sizes=(EMBEDDED, 16, 1), seed=8, names="layers.{}."):
    """A predictor of beauty in LAION's form: its numbers leave out those of its dropouts."""
    random = torch.Generator().manual_seed(seed)
    weights = {}
    for number, (inputs, outputs) in enumerate(zip(sizes, sizes[1:], strict=False)):
        name = names.format(2 * number)
        weights[f"{name}weight"] = torch.randn(outputs, inputs, generator=random) * inputs**-0.5
        weights[f"{name}bias"] = torch.randn(outputs, generator=random)
    save_file(weights, path)
    return weights


def rewards(folder):
    """One of each kind, made as the node makes them."""
    classifier(folder / "judge.safetensors")
    head(folder / "beauty.safetensors")
    eyes = vision(folder)
    with torch.inference_mode():
        return {
            "classifier": reward_of("classifier", None, None, "judge.safetensors"),
            "aesthetic": reward_of("aesthetic", eyes, None, "beauty.safetensors"),
            "prompt": reward_of("prompt", eyes, text(), "none"),
        }
