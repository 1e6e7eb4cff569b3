"""Few-step samplers: walk down along the predicted noise, then up with fresh noise.

Pure torch and numpy; nothing here knows ComfyUI.
"""

from .few_step import sample_ancestral, sample_ddim, sample_lcm, sample_tcd
from .levels import ContinuousLevels, FlowLevels, Levels, TableLevels
from .lows import Way, ancestral_low, ddim_low, lcm_low, tcd_low, ways
from .noise import first_noise, image_seeds
from .table import FINISHES

__all__ = [
    "FINISHES",
    "ContinuousLevels",
    "FlowLevels",
    "Levels",
    "TableLevels",
    "Way",
    "ancestral_low",
    "ddim_low",
    "first_noise",
    "image_seeds",
    "lcm_low",
    "sample_ancestral",
    "sample_ddim",
    "sample_lcm",
    "sample_tcd",
    "tcd_low",
    "ways",
]
