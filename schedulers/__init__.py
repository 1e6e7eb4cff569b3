"""Where a few-step sampler stops: timesteps as descending numbers, 0..999. Pure numbers."""

from .listed import parse_timesteps
from .plan import IMG2IMG, SPACINGS, plan_timesteps
from .spacing import TRAINING_STEPS, grid, leading, trailing
from .standard import standard_sigma
from .steps import level_range
from .strengths import parse_strengths, strength_at
from .text import times_text

__all__ = [
    "IMG2IMG",
    "SPACINGS",
    "TRAINING_STEPS",
    "grid",
    "leading",
    "level_range",
    "parse_strengths",
    "parse_timesteps",
    "plan_timesteps",
    "standard_sigma",
    "strength_at",
    "times_text",
    "trailing",
]
