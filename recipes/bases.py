"""The base models, in the order people are shown them, and which of them share one network."""

BASES = (
    "SD 1.5",
    "SD 2.1",
    "SDXL",
    "SSD-1B",
    "Segmind Vega",
    "SDXS",
    "SD3",
    "SD3.5 medium",
    "SD3.5 large",
    "FLUX.1",
    "Qwen-Image",
    "Qwen-Image-Edit",
    "Z-Image",
    "SANA",
    "Wan 14B",
)
# Networks that no plain model has.
ONLY_ACCELERATED = frozenset(("SDXS",))
# A LoRA for the one fits the other: same layers, other training.
_NETWORK = {"Qwen-Image-Edit": "Qwen-Image"}


def network_of(base: str) -> str:
    """The network a base model has: Qwen-Image-Edit has that of Qwen-Image."""
    return _NETWORK.get(base, base)
