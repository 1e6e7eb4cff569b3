"""Where a few-step sampler stops: timesteps and noise levels, descending. Pure numbers."""

from .flow import Shift, needs_size
from .levels import Grid, Plan, Subject, plan_levels
from .listed import parse_levels, parse_timesteps
from .plan import IMG2IMG, SPACINGS, plan_timesteps
from .spacing import TRAINING_STEPS, grid, leading, trailing
from .standard import standard_sigma
from .steps import level_range
from .strengths import parse_strengths, strength_at
from .text import levels_text, plan_text, times_text

__all__ = [
    "IMG2IMG",
    "SPACINGS",
    "TRAINING_STEPS",
    "Grid",
    "Plan",
    "Shift",
    "Subject",
    "grid",
    "leading",
    "level_range",
    "levels_text",
    "needs_size",
    "parse_levels",
    "parse_strengths",
    "parse_timesteps",
    "plan_levels",
    "plan_text",
    "plan_timesteps",
    "standard_sigma",
    "strength_at",
    "times_text",
    "trailing",
]
