"""Initial noise that belongs to the image, and what a mask protects."""

import comfy.nested_tensor
import comfy.utils
import torch

from ...samplers.noise import first_noise, image_seeds


class ImageNoise:
    """NOISE that gives image k the initial noise a single image has with seed + k."""

    def __init__(self, seed: int):
        self.seed = seed

    def generate_noise(self, latent: dict) -> torch.Tensor:
        samples = latent["samples"]
        seeds = latent_seeds(self.seed, latent)
        if not samples.is_nested:
            return first_noise(samples.shape, seeds).to(samples.dtype)
        parts = samples.unbind()
        return comfy.nested_tensor.NestedTensor(
            [first_noise(part.shape, seeds).to(part.dtype) for part in parts]
        )


def latent_seeds(seed: int, latent: dict) -> list[int]:
    """Seed of each image of a LATENT, which keeps its place in the batch it was taken from."""
    samples = latent["samples"]
    count = len(samples.unbind()[0]) if samples.is_nested else len(samples)
    return image_seeds(seed, latent.get("batch_index") or range(count))


def keep_unmasked(latent: dict, sampled: dict) -> dict:
    """The sampled LATENT with what the noise mask of `latent` protects put back bit for bit.

    The host divides by the model's latent scale what it has multiplied by it, which changes the
    last bit of some numbers.
    """
    before, after = latent["samples"], sampled["samples"]
    if "noise_mask" not in latent or after.is_nested or before.shape != after.shape:
        return sampled
    mask = comfy.utils.reshape_mask(latent["noise_mask"], after.shape).to(after.device)
    return {**sampled, "samples": torch.where(mask == 0, before.to(after), after)}
