"""Which base model a MODEL is."""

from typing import Any

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
    "QwenImage": "Qwen-Image",
    "ZImage": "Z-Image",
}
_SD3_OF_DEPTH = {24: "SD3", 38: "SD3.5 large"}


def base_of(model: Any) -> str:
    """What people call the model's base, or "" for one that is not known."""
    kind = type(model.model.model_config).__name__
    config = model.model.model_config.unet_config
    if kind == "SD3":
        double = config.get("x_block_self_attn_layers")
        return "SD3.5 medium" if double else _SD3_OF_DEPTH.get(config.get("depth"), "")
    return _BASES.get(kind, "")
