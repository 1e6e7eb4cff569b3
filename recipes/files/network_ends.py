"""What a UNet cannot be without: the layers at its two ends, in both ways of calling them."""

from .header import Header

_INSIDE = "model.diffusion_model."
_COMFYUI = ("input_blocks.0.0", "time_embed.0", "time_embed.2", "out.0", "out.2")
_DIFFUSERS = (
    "conv_in",
    "time_embedding.linear_1",
    "time_embedding.linear_2",
    "conv_norm_out",
    "conv_out",
)


def first_missing_end(header: Header) -> str:
    """The first tensor a UNet's file lacks at the ends of the network, or "" for none."""
    names = {name.removeprefix(_INSIDE): name for name in header.tensors}
    diffusers = any(name.startswith(("down_blocks.", "up_blocks.")) for name in names)
    inside = _INSIDE if any(name.startswith(_INSIDE) for name in header.tensors) else ""
    layers = _DIFFUSERS if diffusers else _COMFYUI
    wanted = [f"{layer}.{part}" for layer in layers for part in ("weight", "bias")]
    return next((inside + name for name in wanted if name not in names), "")
