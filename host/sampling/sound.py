"""Sound beside video, each with a noise schedule of its own, on ComfyUI 0.30.

MiniMax H3 denoises both in one latent. The video's level is sigma = s u / (1 + (s - 1) u) with a
shift s, the sound's is the same rule of the same u with a shift of its own. ComfyUI 0.30 steps all
of the latent from level to level of the video and lets the network scale the sound's velocity by
the slope between the two: right for infinitely many steps, up to 1.85 times too far in four, and
noise that is added anew has the video's level.

Since sigma / (1 - sigma) of the two differ by a constant k = s_video / s_sound, the sound of level
sigma_s times sigma_v / sigma_s is a picture of k times the sound at the video's level, whatever the
step. In that form every sampler is right. ComfyUI 0.31 does it in its `model_sampling`, which then
has an `audio_scale`.
"""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch

import nodes

from ...recipes import Recipe

_VIDEO, _SOUND = "minimax_h3_sigma_shift_video", "minimax_h3_sigma_shift_audio"


class Shifts(NamedTuple):
    """Shifts of the two schedules, and where the sound begins in a packed latent."""

    video: float
    sound: float
    start: int

    @property
    def scale(self) -> float:
        """k: how much larger the sound is in the video's form."""
        return self.video / self.sound

    def ratio(self, sigma: torch.Tensor) -> torch.Tensor:
        """The sound's level over the video's level `sigma`; 1 at 1."""
        u = sigma / (self.video - (self.video - 1) * sigma)
        return (1 + (self.video - 1) * u) / (1 + (self.sound - 1) * u) / self.scale


def with_own_levels(sample: Callable) -> Callable:
    """A sampler function that gives the sound the levels of its own schedule."""

    @functools.wraps(sample)
    def run(model: Any, x: torch.Tensor, sigmas: torch.Tensor, *args: Any, **knobs: Any) -> Any:
        shifts = _shifts_of(model.inner_model, x)
        if shifts is None:
            return sample(model, x, sigmas, *args, **knobs)
        form = _VideoForm(model, shifts)
        return form.left(sample(form, form.entered(x, sigmas[0]), sigmas, *args, **knobs))

    return run


class _VideoForm:
    """The model of the host's samplers, asked and answering with the sound in the video's form."""

    def __init__(self, model: Any, shifts: Shifts):
        self._model, self._shifts = model, shifts
        self.inner_model = model.inner_model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, **extra: Any) -> torch.Tensor:
        start, scale = self._shifts.start, self._shifts.scale
        ratio = self._shifts.ratio(sigma).view(-1, *[1] * (x.ndim - 1))
        sound = x[..., start:]
        asked = torch.cat((x[..., :start], sound * ratio), -1)
        image = self._model(asked, sigma, **extra)
        # The host's answer holds the slope, k ratio^2; without it, and in the form of x:
        own = sound * (scale * ratio - 1) + image[..., start:] / ratio
        return torch.cat((image[..., :start], own), -1)

    def entered(self, x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """What the host made of noise and latent, (1 - sigma) of the latent, with k times it."""
        start, clean = self._shifts.start, self._model.latent_image
        more = (1 - sigma) * (self._shifts.scale - 1) * clean[..., start:]
        return torch.cat((x[..., :start], x[..., start:] + more.to(x)), -1)

    def left(self, x: torch.Tensor) -> torch.Tensor:
        """The sound as the host has it; at a level above 0 what `entered` takes up again."""
        start = self._shifts.start
        return torch.cat((x[..., :start], x[..., start:] / self._shifts.scale), -1)


def _shifts_of(guider: Any, x: torch.Tensor) -> Shifts | None:
    """None for models without sound of its own schedule, and where the host sees to it."""
    model = guider.model_patcher
    if not _has_own_sound(model):
        return None
    if hasattr(model.get_model_object("model_sampling"), "audio_scale"):
        return None
    video, sound = _shifts(model, guider.model_options)
    return Shifts(video, sound, math.prod(_shapes(guider)[0][1:]))


def _shapes(guider: Any) -> list[tuple[int, ...]]:
    """The shapes of the parts of the latent, video first, as the host has packed them."""
    for conditioning in guider.conds.values():
        for one in conditioning:
            if shapes := one.get("model_conds", {}).get("latent_shapes"):
                return shapes.cond
    raise ValueError(
        "This model draws video and sound, and the latent holds one of them alone. "
        "Connect a latent of both, such as Empty MiniMax H3 AV Latent makes."
    )


def with_shifts(model: Any, recipe: Recipe | None) -> Any:
    """`model`, a patcher, with the recipe's two shifts, as the host's own node sets them.

    Models without sound of its own schedule, and recipes that say nothing of it, change nothing.
    """
    if not _has_own_sound(model) or recipe is None or recipe.audio_shift is None:
        return model
    # How it does that is another thing in 0.31.
    node = nodes.NODE_CLASS_MAPPINGS["MiniMaxH3SigmaShift"]
    return node.execute(model, recipe.shift, recipe.audio_shift).result[0]


def shift_warnings(model: Any, recipe: Recipe) -> list[str]:
    """Where the levels of a recipe are sampled by other nodes: whether the model has its shifts."""
    if not _has_own_sound(model) or recipe.audio_shift is None:
        return []
    found, wanted = _shifts(model, model.model_options), (recipe.shift, recipe.audio_shift)
    if found == wanted:
        return []
    return [
        f"The model draws its sound for the shifts {found[0]:g} and {found[1]:g}, and these levels "
        f"are for {wanted[0]:g} and {wanted[1]:g}: set MiniMax H3 Sigma Shift to these, or sample "
        "with Few-step KSampler."
    ]


def _has_own_sound(model: Any) -> bool:
    network = getattr(getattr(model, "model", None), "diffusion_model", None)
    return hasattr(network, "sigma_shift_audio")


def _shifts(model: Any, options: dict[str, Any]) -> tuple[float, float]:
    """The shifts of video and sound that `model`, a patcher, runs with."""
    sampling = model.get_model_object("model_sampling")
    if hasattr(sampling, "audio_scale"):
        return float(sampling.shift), float(sampling.shift) / float(sampling.audio_scale)
    network, told = model.model.diffusion_model, options.get("transformer_options", {})
    return (
        float(told.get(_VIDEO, network.sigma_shift_video)),
        float(told.get(_SOUND, network.sigma_shift_audio)),
    )
