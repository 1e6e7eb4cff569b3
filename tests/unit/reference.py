"""The host's kind of noise table in float64, and diffusers' schedulers fed with it."""

import numpy as np
import torch
from diffusers import DDIMScheduler, LCMScheduler, TCDScheduler

STABLE_DIFFUSION = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def stable_diffusion_sigmas() -> np.ndarray:
    betas = np.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=np.float64) ** 2
    kept = np.cumprod(1 - betas)
    return ((1 - kept) / kept) ** 0.5


def zero_snr_sigmas() -> np.ndarray:
    """arXiv 2305.08891, Algorithm 1, ending at a tiny signal as ComfyUI's table does."""
    kept = 1 / (1 + stable_diffusion_sigmas() ** 2)
    root = kept**0.5
    root = (root - root[-1]) * root[0] / (root[0] - root[-1])
    root[-1] = 4.8973451890853435e-08**0.5
    return ((1 - root**2) / root**2) ** 0.5


def scheduler(kind: type, sigmas: np.ndarray | None = None, **options):
    """A diffusers scheduler with Stable Diffusion's settings, or with this table in float64."""
    if kind is DDIMScheduler:
        options = {"clip_sample": False, "set_alpha_to_one": False, **options}
    made = kind(**STABLE_DIFFUSION, **options)
    if sigmas is not None:
        made.alphas_cumprod = torch.from_numpy(1 / (1 + sigmas**2))
        made.final_alpha_cumprod = made.alphas_cumprod[0]
    return made


__all__ = ["DDIMScheduler", "LCMScheduler", "TCDScheduler", "scheduler"]
