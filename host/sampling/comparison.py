"""Sampling and decoding the cells of a comparison: one noise, one bar of progress for all."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import comfy.model_management
import comfy.sample
import comfy.utils
import latent_preview
import torch

from ...recipes import Cell
from ..accelerator import accelerator_of
from ..lora.applying import with_strength
from .levels import sigmas_of
from .noise import ImageNoise, keep_unmasked, latent_seeds
from .run import guider_of
from .samplers import recipe_sampler
from .size import with_channels
from .sound import with_shifts


class Sampled(NamedTuple):
    """The latent of a cell, 1 C ..., and the seconds it took."""

    latent: torch.Tensor
    seconds: float


def check_latent(latent: dict) -> None:
    """Raises ValueError for a latent that is not one picture."""
    samples = latent["samples"]
    if samples.is_nested or (samples.ndim == 5 and samples.shape[2] > 1):
        raise ValueError("Compare few-step settings draws pictures, and this latent is a video.")
    if len(samples) != 1:
        raise ValueError(
            f"Compare few-step settings draws one picture for each setting, and this latent is a "
            f"batch of {len(samples)}. Set batch_size to 1, or choose one with LatentFromBatch."
        )


def check_vae(vae: Any) -> Callable[[torch.Tensor], torch.Tensor]:
    """The VAE's `decode`. Raises where there is none, which else came up after the sampling."""
    if vae is None:
        raise ValueError("This checkpoint has no VAE. Connect Load VAE in place of it.")
    return vae.decode


def models_at(model: Any, cells: Sequence[Cell]) -> dict[float | None, Any]:
    """The model at each strength of the cells; None leaves it as it is."""
    return {strength: _at(model, strength) for strength in {cell.strength: 0 for cell in cells}}


def _at(model: Any, strength: float | None) -> Any:
    if strength is None:
        return model
    accelerator = accelerator_of(model)
    if accelerator is None or accelerator.applied is None:
        raise ValueError(
            "strengths needs a LoRA from Load acceleration LoRA in this model, at a strength above "
            "0. Load it there, or empty the list of strengths."
        )
    return with_strength(model, accelerator.applied, strength)


def sample_cells(
    models: Mapping[float | None, Any],
    conditions: tuple[Any, Any],
    latent: dict,
    seed: int,
    cells: Sequence[Cell],
) -> list[Sampled]:
    """What Few-step KSampler makes of each cell; `models` are by strength.

    All cells are sampled before any is decoded, so that model and VAE never take turns in memory.
    """
    model = next(iter(models.values()))
    latent = {**latent, "samples": with_channels(model, latent)}
    noise = ImageNoise(seed).generate_noise(latent)
    bar = latent_preview.prepare_callback(model, _length(cells))
    made, done = [], 0
    for cell in cells:
        comfy.model_management.throw_exception_if_processing_interrupted()
        callback = _part_of(bar, done, _length(cells))
        begin = time.perf_counter()
        samples = _sample(models[cell.strength], conditions, latent, noise, seed, cell, callback)
        made.append(Sampled(samples, time.perf_counter() - begin))
        done += cell.steps
    return made


def _sample(
    model: Any,
    conditions: tuple[Any, Any],
    latent: dict,
    noise: torch.Tensor,
    seed: int,
    cell: Cell,
    callback: Callable,
) -> torch.Tensor:
    shifted = with_shifts(model, cell.recipe)
    samples = guider_of(shifted, conditions, cell.settings.cfg).sample(
        noise,
        latent["samples"],
        recipe_sampler(cell.recipe, latent_seeds(seed, latent)),
        sigmas_of(cell.settings.plan),
        denoise_mask=latent.get("noise_mask"),
        callback=callback,
        disable_pbar=not comfy.utils.PROGRESS_BAR_ENABLED,
        seed=seed,
    )
    samples = samples.to(comfy.model_management.intermediate_device())
    return keep_unmasked(latent, {"samples": samples})["samples"]


def decode_cells(
    decode: Callable[[torch.Tensor], torch.Tensor], made: Sequence[Sampled], cells: Sequence[Cell]
) -> torch.Tensor:
    """IMAGE with one picture a cell, on the CPU; they are decoded one by one."""
    length = _length(cells)
    bar = comfy.utils.ProgressBar(length)
    pictures = []
    for left, sampled in zip(reversed(range(len(made))), made, strict=True):
        comfy.model_management.throw_exception_if_processing_interrupted()
        image = decode(sampled.latent)
        pictures.append(image.reshape(-1, *image.shape[-3:])[:1].cpu())
        bar.update_absolute(length - left)
    return torch.cat(pictures)


def _length(cells: Sequence[Cell]) -> int:
    """Of the bar of progress: a tick for each step, and one for each picture decoded."""
    return sum(cell.steps for cell in cells) + len(cells)


def _part_of(bar: Callable, done: int, length: int) -> Callable:
    """The callback of one sampling, which begins where `done` of the bar is done."""
    return lambda step, x0, x, _: bar(done + step, x0, x, length)
