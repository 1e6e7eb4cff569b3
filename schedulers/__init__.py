"""Where a few-step sampler stops: timesteps as descending numbers, 0..999. Pure numbers."""

from .listed import parse_timesteps
from .plan import IMG2IMG, SPACINGS, plan_timesteps
from .spacing import grid, leading, trailing
from .standard import standard_sigma

__all__ = [
    "IMG2IMG",
    "SPACINGS",
    "grid",
    "leading",
    "parse_timesteps",
    "plan_timesteps",
    "standard_sigma",
    "trailing",
]
