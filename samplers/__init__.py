"""Few-step samplers: walk down along the predicted noise, then up with fresh noise.

Pure torch and numpy; nothing here knows ComfyUI. What needs no torch, `registry.py`, is all that
this file brings, so that recipes can be read where there is none.
"""

from .registry import SAMPLERS, Sampler

__all__ = ["SAMPLERS", "Sampler"]
