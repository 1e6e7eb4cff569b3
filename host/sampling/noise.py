"""Initial noise that belongs to the image, and what a mask protects."""

import comfy.nested_tensor
import comfy.sample
import comfy.utils
import torch

from ...samplers.noise import image_seeds


class ImageNoise:
    """NOISE that gives image k the initial noise a single image has with seed + k."""

    def __init__(self, seed: int):
        self.seed = seed

    def generate_noise(self, latent: dict) -> torch.Tensor:
        samples = latent["samples"]
        seeds = latent_seeds(self.seed, latent)
        # The first image last: with its noise the host seeds torch's own stream of numbers, from
        # which other nodes draw, and a single image leaves that stream as the host does.
        drawn = [_image(samples, seeds, index) for index in reversed(range(len(seeds)))]
        drawn.reverse()
        if not samples.is_nested:
            return torch.cat(drawn)
        parts = zip(*(noise.unbind() for noise in drawn), strict=True)
        return comfy.nested_tensor.NestedTensor([torch.cat(part) for part in parts])


def _image(samples: torch.Tensor, seeds: list[int], index: int) -> torch.Tensor:
    """The noise that the host draws for image `index` alone, all parts of it from one stream."""
    if samples.is_nested:
        image = [part[index : index + 1] for part in samples.unbind()]
        return comfy.sample.prepare_noise(comfy.nested_tensor.NestedTensor(image), seeds[index])
    return comfy.sample.prepare_noise(samples[index : index + 1], seeds[index])


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
