"""Flow models of every base, as the host makes them, around a network that notes its levels."""

import comfy.model_base as bases
import comfy.model_patcher
import comfy.supported_models as supported
import pytest
import torch
from comfy_extras.nodes_model_advanced import (
    ModelSamplingAuraFlow,
    ModelSamplingFlux,
    ModelSamplingSD3,
)

# Half of these models ComfyUI knows from 0.30 on.
pytest.importorskip("comfy_extras.nodes_minimax_h3", reason="ComfyUI 0.30 brings them")
_FLOW, _FLUX = bases.ModelType.FLOW, bases.ModelType.FLUX
# Of each base its class in the host, the kind of its levels, and what is in its unet_config.
KINDS = {
    "SD3": (supported.SD3, _FLOW, {"depth": 24}),
    "SD3.5 medium": (supported.SD3, _FLOW, {"depth": 24, "x_block_self_attn_layers": [0]}),
    "SD3.5 large": (supported.SD3, _FLOW, {"depth": 38}),
    "FLUX.1": (supported.Flux, _FLUX, {}),
    "schnell": (supported.FluxSchnell, _FLOW, {}),
    "FLUX.2": (supported.Flux2, _FLUX, {"hidden_size": 2604}),
    "Qwen-Image": (supported.QwenImage, _FLUX, {}),
    "Qwen-Image-Edit": (supported.QwenImage, _FLUX, {}),
    "Z-Image": (supported.ZImage, _FLOW, {}),
    "Krea 2": (supported.Krea2, _FLUX, {}),
    "Anima": (supported.Anima, _FLOW, {}),
    "Boogu": (supported.Boogu, _FLOW, {}),
    "Ernie-Image": (supported.ErnieImage, _FLOW, {}),
    "Lens": (supported.Lens, _FLUX, {}),
    "Mage-Flow": (supported.MageFlow, _FLOW, {}),
    "HiDream-I1": (supported.HiDream, _FLOW, {}),
    "HiDream-O1": (supported.HiDreamO1, _FLOW, {}),
    "PiD": (supported.PiD, _FLOW, {}),
    "ACE-Step 1.5": (supported.ACEStep15, _FLOW, {}),
    "Stable Audio 3": (supported.StableAudio3, _FLOW, {}),
    "Wan 14B": (supported.WAN21_T2V, _FLOW, {}),
    "Wan 1.3B": (supported.WAN21_T2V, _FLOW, {"dim": 1536}),
    "MiniMax H3": (supported.MiniMaxH3, _FLOW, {}),
    "LTX-2": (supported.LTXAV, _FLUX, {}),
    "HunyuanVideo 1.5": (supported.HunyuanVideo15, _FLOW, {}),
    "Kandinsky 5": (supported.Kandinsky5, _FLOW, {}),
}
# What other nodes may have put on the model; "right" is for a recipe with the shift in the name.
PATCHES = {
    "the host's own": lambda model: model,
    "ModelSamplingSD3 1.37": lambda model: ModelSamplingSD3().patch(model, 1.37)[0],
    "ModelSamplingAuraFlow 9": lambda model: ModelSamplingAuraFlow().patch_aura(model, 9.0)[0],
    "ModelSamplingFlux 512": lambda model: ModelSamplingFlux().patch(model, 1.15, 0.5, 512, 512)[0],
    "SD3's": lambda model: ModelSamplingSD3().patch(model, 3.0)[0],
    "Wan's": lambda model: ModelSamplingSD3().patch(model, 5.0)[0],
}


class _Network(torch.nn.Module):
    """Predicts nothing, and notes the timestep of each call."""

    def __init__(self, device=None, operations=None, **_):
        super().__init__()
        self.dtype = torch.float32
        self.seen = []

    def forward(self, x, timestep, **_):
        self.seen.append(float(timestep[0].double()))
        return torch.zeros_like(x)


def flow_model(base):
    """A model of this base as the host's loaders hand it out."""
    kind, levels, config = KINDS[base]
    made = kind({"disable_unet_model_creation": True, **config})
    made.set_inference_dtype(torch.float32, None)
    model = bases.BaseModel(made, levels, device=torch.device("cpu"))
    model.diffusion_model = _Network()
    cpu = torch.device("cpu")
    return comfy.model_patcher.ModelPatcher(model, cpu, cpu)


def levels_seen(model):
    """The levels at which the network was asked since the last time."""
    network, sampling = model.model.diffusion_model, model.get_model_object("model_sampling")
    multiplier = getattr(sampling, "multiplier", 1.0)
    seen = [time / multiplier for time in network.seen]
    network.seen.clear()
    return seen


def latent_of(model, width, height, frames=1):
    """An empty LATENT for a picture of so many pixels."""
    latent = model.get_model_object("latent_format")
    scale = latent.spacial_downscale_ratio
    shape = [1, latent.latent_channels, height // scale, width // scale]
    if latent.latent_dimensions == 3:
        shape.insert(2, frames)
    elif latent.latent_dimensions == 1:
        shape[2:] = [width // scale]
    return {"samples": torch.zeros(shape)}


def conditioning():
    return [[torch.zeros(1, 7, 16), {}]]
