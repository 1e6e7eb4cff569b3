"""The size of a latent, by which some recipes shift their levels."""

from typing import Any

import comfy.sample

from ...schedulers.flow import TOKEN_PIXELS

_RATIOS = ("downscale_ratio_spacial", "downscale_ratio_temporal")


def with_channels(model: Any, latent: dict) -> Any:
    """The samples as this model takes them: an empty latent may have other channels or size."""
    ratios = {name: latent[name] for name in _RATIOS if name in latent}
    return comfy.sample.fix_empty_latent_channels(model, latent["samples"], **ratios)


def tokens_of(model: Any, latent: dict) -> float:
    """Squares of 16 pixels in one frame of a LATENT, 4-D, 5-D or nested with the video first."""
    samples = with_channels(model, latent)
    first = samples.unbind()[0] if samples.is_nested else samples
    height, width = first.shape[-2:]
    # ComfyUI before 0.30 says it of few latents; all others have this.
    downscale = getattr(model.get_model_object("latent_format"), "spacial_downscale_ratio", 8)
    return height * width * (downscale / TOKEN_PIXELS) ** 2
