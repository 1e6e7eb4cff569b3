"""Which base model a MODEL is, and whether a recipe is for it."""

from typing import Any

from ..recipes import Recipe, network_of
from ..samplers.levels import FlowLevels
from .sampling.levels import levels_of

# Names of the host's classes, and what people call these models.
_BASES = {
    "SD15": "SD 1.5",
    "SD20": "SD 2.1",
    "SD21UnclipL": "SD 2.1",
    "SD21UnclipH": "SD 2.1",
    "SDXL": "SDXL",
    "SSD1B": "SSD-1B",
    "Segmind_Vega": "Segmind Vega",
    "SD_XS": "SDXS",
    "SD09_XS": "SDXS",
    "Flux": "FLUX.1",
    "FluxSchnell": "FLUX.1",
    "FluxInpaint": "FLUX.1",
    "Flux2": "FLUX.2",
    "QwenImage": "Qwen-Image",
    "ZImage": "Z-Image",
    "Krea2": "Krea 2",
    "Anima": "Anima",
    "Boogu": "Boogu",
    "ErnieImage": "Ernie-Image",
    "Lens": "Lens",
    "MageFlow": "Mage-Flow",
    "HiDream": "HiDream-I1",
    "HiDreamO1": "HiDream-O1",
    "PiD": "PiD",
    "ACEStep15": "ACE-Step 1.5",
    "StableAudio3": "Stable Audio 3",
    "MiniMaxH3": "MiniMax H3",
    "LTXAV": "LTX-2",
    "HunyuanVideo15": "HunyuanVideo 1.5",
    "Kandinsky5": "Kandinsky 5",
}
# Wan has a class for each kind of model, and all of them in several sizes.
_WAN, _WAN_OF_WIDTH = ("WAN21_", "WAN22_"), {1536: "Wan 1.3B", 3072: "Wan 5B"}
_SD3_OF_DEPTH = {24: "SD3", 38: "SD3.5 large"}
# Names of the host's classes of latents, for the bases that recipes are for.
_LATENTS = {
    "SD 1.5": "SD15",
    "SD 2.1": "SD15",
    "SDXS": "SD15",
    "SDXL": "SDXL",
    "SSD-1B": "SDXL",
    "Segmind Vega": "SDXL",
    "SD3": "SD3",
    "SD3.5 medium": "SD3",
    "SD3.5 large": "SD3",
    "FLUX.1": "Flux",
    "Z-Image": "Flux",
    "Qwen-Image": "Wan21",
    "Qwen-Image-Edit": "Wan21",
    "Krea 2": "Wan21",
    "Anima": "Wan21",
    "FLUX.2": "Flux2",
    "Lens": "Flux2",
    "Mage-Flow": "Flux2",
    "Ernie-Image": "Flux2",
    "Boogu": "Flux",
    "HiDream-I1": "Flux",
    "HiDream-O1": "HiDreamO1Pixel",
    "PiD": "PixelDiTPixel",
    "ACE-Step 1.5": "ACEAudio15",
    "Stable Audio 3": "StableAudio3",
    "Wan 14B": "Wan21",
    "Wan 1.3B": "Wan21",
    "Wan 5B": "Wan22",
    "MiniMax H3": "MiniMaxH3AV",
    "LTX-2": "LTXAV",
    "HunyuanVideo 1.5": "HunyuanVideo15",
    "Kandinsky 5": "HunyuanVideo",
}


def base_of(model: Any) -> str:
    """What people call the model's base, or "" for one that is not known."""
    kind = type(model.model.model_config).__name__
    config = model.model.model_config.unet_config
    if kind == "SD3":
        double = config.get("x_block_self_attn_layers")
        return "SD3.5 medium" if double else _SD3_OF_DEPTH.get(config.get("depth"), "")
    if kind.startswith(_WAN):
        return _WAN_OF_WIDTH.get(config.get("dim"), "Wan 14B")
    return _BASES.get(kind, "")


def base_warnings(model: Any, recipe: Recipe) -> list[str]:
    """What a person should know where `recipe` is for another base than `model`, a patcher, is.

    Raises ValueError where that cannot work: other latents, or noise levels of another kind.
    """
    base = base_of(model)
    called = f"this model is {base}" if base else "this model is of another kind"
    latent = type(model.model.latent_format).__name__
    if isinstance(levels_of(model), FlowLevels) != (recipe.prediction == "flow"):
        kind = "a flow model" if recipe.prediction == "flow" else "a model with 1000 timesteps"
        raise ValueError(_other_base(recipe, f"{called}, not {kind}", base))
    # What the host calls otherwise can be the same: SDXL's Playground has a name of its own.
    known = _LATENTS.get(recipe.base)
    if known and latent in _LATENTS.values() and latent != known:
        raise ValueError(_other_base(recipe, f"{called}, which has other latents", base))
    if base and network_of(base) != network_of(recipe.base):
        return [f"The recipe {recipe.id} is for {recipe.base}, and this model is {base}."]
    return []


def _other_base(recipe: Recipe, why: str, base: str) -> str:
    return (
        f"The recipe {recipe.id} is for {recipe.base}, and {why}. Choose a recipe "
        f"for {base or 'this model'}, or load a checkpoint of {recipe.base}."
    )
