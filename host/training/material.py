"""What a run learns from: prompts, teacher paths, latents of a person's own pictures."""

from typing import Any, NamedTuple

import torch

from ...distil import Material
from . import checks
from .asked import Asked, Given
from .conditions import Conditions, encode


class Learned(NamedTuple):
    """The material, the negative prompt's row, what previews show, and the material's prompts."""

    material: Material
    empty: Conditions
    shown: list[str]
    shown_conditions: Conditions
    texts: list[str]


_SHOWN = 4


def material_of(model: Any, clip: Any, asked: Asked, given: Given) -> Learned:
    """Raises ValueError for empty prompts, and for paths or latents that do not go with them."""
    checks.check_clip(clip)
    paths, latents = given.paths, given.latents
    own = paths.prompts if paths and not asked.prompts.strip() else None
    lines = own or checks.prompt_lines(asked.prompts)
    shape = checks.check_size(model, asked.width, asked.height)
    images = of_images = of_paths = None
    texts = list(dict.fromkeys([*lines, *(paths.prompts if paths else [])]))
    if paths:
        if tuple(paths.latents.shape[2:]) != shape:
            wide = f"{paths.asked.width} x {paths.asked.height}"
            raise ValueError(
                f"The paths are of {wide}, and this run is of {asked.width} x {asked.height}. Set "
                "width and height to those of the paths."
            )
        of_paths = torch.tensor([texts.index(prompt) for prompt in paths.prompts])
    if latents is not None:
        images = _images(model, latents, asked, shape)
        if len(lines) not in (1, len(images)):
            raise ValueError(
                f"Latents: {len(images)}, prompts: {len(lines)}. Write one prompt for "
                "each picture, in the pictures' order, or a single one for all."
            )
        rows = [texts.index(lines[0 if len(lines) == 1 else i]) for i in range(len(images))]
        of_images = torch.tensor(rows)
    shown = texts[:_SHOWN]
    conditions = encode(model, clip, [*texts, asked.negative], shape)
    material = Material(
        shape,
        conditions[slice(0, len(texts))],
        paths.latents if paths else None,
        paths.times if paths else None,
        of_paths,
        images,
        of_images,
    )
    empty = conditions[slice(len(texts), None)]
    return Learned(material, empty, shown, conditions[slice(0, len(shown))], texts)


def _images(model: Any, latents: Any, asked: Asked, shape: tuple[int, ...]) -> torch.Tensor:
    samples = latents["samples"]
    _check_pictures(samples, asked, shape)
    return model.model.process_latent_in(samples.detach().clone().float())


def _check_pictures(samples: Any, asked: Asked, shape: tuple[int, ...]) -> None:
    """Raises ValueError for latents that are no pictures of this run's model and size."""
    # A video with sound is several tensors.
    if samples.is_nested or (samples.ndim == 5 and samples.shape[2] > 1):
        raise ValueError(
            "The latents are a video's, and a run learns from pictures. Connect VAE Encode with "
            "single pictures."
        )
    if not samples.any():
        raise ValueError(
            "The latents hold no pictures: there are none, or they are empty ones to draw on. "
            "Connect VAE Encode with your pictures."
        )
    if samples.ndim != len(shape) + 1 or samples.shape[1] != shape[0]:
        raise ValueError(
            f"The latents are {' x '.join(map(str, samples.shape[1:]))}, and those of this model "
            f"are {' x '.join(map(str, shape))}: a VAE of another model made them. Encode the "
            "pictures with this checkpoint's VAE."
        )
    if not torch.isfinite(samples).all():
        raise ValueError(
            "The latents hold values that are infinite or none (NaN). Encode the pictures again "
            "with a VAE in another type: start ComfyUI with --fp32-vae."
        )
    if tuple(samples.shape[1:]) != shape:
        cell = asked.width // shape[-1]
        width, height = samples.shape[-1] * cell, samples.shape[-2] * cell
        raise ValueError(
            f"The latents are of pictures {width} x {height}, and this run is of {asked.width} x "
            f"{asked.height}. Set width and height to those of the pictures."
        )
