"""Files of models that the host recognises by itself: as wide as the published ones, with few and
narrow layers where the host reads the number and width from the file, and random weights.

Text encoders are the exception: the host builds them whole whatever the file holds. There a small
pack in the tests' server asks for few layers (`short_text_encoders`).
"""

import os

import comfy.supported_models
import comfy.taesd.taesd
import known_flow
import narrow
import short_flow_parts
import short_text_encoders
import torch
from comfy import sdxl_clip
from comfy.text_encoders import sd2_clip, sd3_clip
from fewstep.recipes import builtin_recipes, recognise_name
from fewstep.recipes.recognise import METADATA
from fewstep.tools.examples.demo_workflows import STAND_INS
from safetensors.torch import load_file, save_file

_TABLE = {**narrow.CONFIGS["SD 1.5"][1], "model_channels": 320, "channel_mult": [1, 1]}
_SDXL = {
    **narrow.CONFIGS["SDXL"][1],
    "model_channels": 320,
    "num_res_blocks": [2, 2, 2],
    "channel_mult": [1, 1, 1],
    "transformer_depth": [0, 0, 2, 2, 10, 10],
    "transformer_depth_output": [0] * 9,
    "transformer_depth_middle": -1,
}
_SSD_1B = {
    **_SDXL,
    "transformer_depth": [0, 0, 2, 2, 4, 4],
    "transformer_depth_output": [0, 0, 0, 1, 1, 2, 10, 4, 4],
}
# One head: the host takes the number of heads from the width, at 128 each.
_FLUX = {
    **narrow.CONFIGS["FLUX.1"][1],
    "vec_in_dim": 768,
    "context_in_dim": 4096,
    "hidden_size": 128,
    "num_heads": 1,
    "axes_dim": [16, 56, 56],
}
# Bases as `narrow` knows them, with the host's class and the config read from such a file.
_KNOWN = {
    "known SD 2.1": (
        comfy.supported_models.SD20,
        {**_TABLE, "context_dim": 1024, "use_linear_in_transformer": True, "num_heads": 5},
    ),
    "known SDXL": (comfy.supported_models.SDXL, _SDXL),
    "known SDXS": (
        comfy.supported_models.SD15,
        {**narrow.CONFIGS["SDXS"][1], "model_channels": 320, "channel_mult": [1, 1, 1]},
    ),
    "known SSD-1B": (comfy.supported_models.SSD1B, _SSD_1B),
    "known FLUX": (comfy.supported_models.Flux, _FLUX),
}
narrow.CONFIGS.update(_KNOWN)


def write_models(models, wanted):
    """Writes the files `wanted`, {(folder, name)}, and gives their paths.

    Those of Stable Diffusion 1.5 hold what the demo model's files in `models` do, so pictures come
    out right. Files that hold the same are one file.
    """
    restore = [short_text_encoders.shorten(), short_flow_parts.shorten()]
    try:
        made, paths = {}, []
        for folder, name in sorted(wanted):
            path = models / folder / name
            paths.append(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            if known_flow.is_known(name):
                tensors, metadata = known_flow.held_by(folder, name)
                save_file(tensors, path, metadata)
                continue
            kind = _kind(models, folder, name)
            metadata = _metadata(folder, name)
            shared = (folder, *kind, str(metadata))
            if shared in made:
                os.link(made[shared], path)
                continue
            tensors = {key: weight.contiguous() for key, weight in kind[0](*kind[1:]).items()}
            save_file(tensors, path, metadata)
            made[shared] = path
        return paths
    finally:
        for undo in restore:
            undo()


def _metadata(folder, name):
    """What a LoRA says of itself, since its layers are fewer than the published one's.

    Whole models are told by their names, and SD3.5 is laid out like SD3 here.
    """
    if folder != "loras" and "sd3.5" not in name:
        return None
    kinds = ("LoRA",) if folder == "loras" else ("checkpoint",)
    recipe = recognise_name(name, builtin_recipes(), kinds).recipe
    return {METADATA: recipe.id} if recipe else None


def _kind(models, folder, name):
    """What makes a file: a function and what it is told."""
    if any(part in name.lower() for part in _SD15):
        return load_file, models / folder / STAND_INS[name]
    if folder == "vae":
        return _vae, "known FLUX"
    base = next(base for part, base in _BASES.items() if part in name.lower())
    if folder == "loras":
        return narrow.lora, base, "transformer" if base in ("SD3", "known FLUX") else "kohya"
    if folder == "text_encoders":
        return _text_encoder, name.split("_")[0] if "t5" in name else name.removesuffix(_END)
    if folder == "diffusion_models":
        return _unet, base
    return _checkpoint, base, "sd3.5" not in name


_END = ".safetensors"
_SD15 = ("v1-5", "sd15", "lcm_dreamshaper")
# By what is in the name, in this order.
_BASES = {
    "flux": "known FLUX",
    "ssd-1b": "known SSD-1B",
    "sd3": "SD3",
    "sdxs": "known SDXS",
    "sd_turbo": "known SD 2.1",
    "": "known SDXL",
}
_TEXT_ENCODERS = {
    "known SD 2.1": sd2_clip.SD2ClipModel,
    "known SDXL": sdxl_clip.SDXLClipModel,
    "known SSD-1B": sdxl_clip.SDXLClipModel,
}


def _unet(base):
    return _random(narrow.model_of(base, "meta").diffusion_model)


def _checkpoint(base, with_text_encoders):
    config = narrow.model_of(base, "meta").model_config
    parts = {f"model.diffusion_model.{name}": weight for name, weight in _unet(base).items()}
    parts |= {f"first_stage_model.{name}": weight for name, weight in _vae(base).items()}
    if not with_text_encoders:
        return parts
    if base == "SD3":
        return parts | _named(_random(_short(sd3_clip.sd3_clip(t5=False))), "", "text_encoders.")
    given = _random(_short(_TEXT_ENCODERS[base]))
    return parts | config.process_clip_state_dict_for_saving(given)


def _vae(base):
    channels = narrow.CONFIGS[base][1]["in_channels"]
    return comfy.taesd.taesd.TAESD(latent_channels=channels).state_dict()


def _text_encoder(name):
    """A file of its own; the host tells them apart by a layer that only whole ones have."""
    every = _short(sd3_clip.sd3_clip(dtype_t5=torch.float16))
    dtype = torch.float8_e4m3fn if name == "t5xxl" else torch.float16
    found = _random(getattr(every, name).transformer, dtype)
    marks = {
        "clip_g": ("text_model.encoder.layers.30.mlp.fc1.weight", (1, 1)),
        "t5xxl": ("encoder.block.23.layer.1.DenseReluDense.wi_1.weight", (10240, 1)),
    }
    if name in marks:
        key, shape = marks[name]
        found[key] = torch.zeros(shape, dtype=dtype)
    return found


def _short(kind):
    """A text encoder of this class, without weights."""
    return kind(device="meta", dtype=torch.float16)


def _random(network, dtype=torch.float16):
    """Weights for a network that has none; drawn once, or they would take longer than the test."""
    drawn = torch.randn(1 << 16, generator=torch.Generator().manual_seed(6))
    made = {}
    for number, (name, weight) in enumerate(network.state_dict().items()):
        scale = weight[0].numel() ** -0.5 if weight.ndim > 1 else 0.1
        start = float(weight.ndim == 1 and name.endswith(("weight", "scale")))
        noise = (start + scale * drawn.roll(number)).to(dtype)
        count = weight.numel()
        made[name] = noise.repeat(-(-count // len(noise)))[:count].reshape(weight.shape)
    return made


def _named(weights, old, new):
    return {new + name.removeprefix(old): weight for name, weight in weights.items()}
