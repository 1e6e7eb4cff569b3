"""The base models, in the order people are shown them, and which of them share one network."""

VIDEO = (
    "Wan 14B",
    "Wan 1.3B",
    "Wan 5B",
    "MiniMax H3",
    "LTX-2",
    "HunyuanVideo 1.5",
    "Kandinsky 5",
)
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
    "Qwen-Image 2.1",
    "Z-Image",
    "Krea 2",
    "FLUX.2",
    "FLUX.3",
    "Anima",
    "Boogu",
    "Ernie-Image",
    "Lens",
    "Mage-Flow",
    "Fibo 2",
    "Ming",
    "HiDream-I1",
    "HiDream-O1",
    "PiD",
    "SANA",
    "ACE-Step 1.5",
    "Stable Audio 3",
    *VIDEO,
)
# Networks that no plain model has.
ONLY_ACCELERATED = frozenset(("SDXS",))
# A LoRA for the one fits the other: same layers, other training.
_NETWORK = {"Qwen-Image-Edit": "Qwen-Image"}


def network_of(base: str) -> str:
    """The network a base model has: Qwen-Image-Edit has that of Qwen-Image."""
    return _NETWORK.get(base, base)
