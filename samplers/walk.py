"""The one loop of all samplers: ask the model for the image, then mix three tensors."""

from collections.abc import Callable, Sequence

import torch
from tqdm.auto import trange

from .noise import NoiseSampler, image_seeds, step_noises
from .table import Step

Model = Callable[..., torch.Tensor]


@torch.no_grad()
def walk(
    model: Model,
    x: torch.Tensor,
    sigmas: torch.Tensor,
    table: Sequence[Step],
    extra_args: dict | None = None,
    callback: Callable[[dict], None] | None = None,
    disable: bool | None = None,
    noise_sampler: NoiseSampler | None = None,
    seeds: Sequence[int] | None = None,
) -> torch.Tensor:
    """Apply `table` to `x`, B C ..., one model call a step; tensors given away stay unchanged."""
    extra_args = extra_args or {}
    if seeds is None:
        seeds = _batch_seeds(extra_args.get("seed"), len(x))
    levels = sigmas.unbind()
    batch_levels = sigmas.to(x.dtype).unsqueeze(1).repeat(1, len(x)).unbind()
    if noise_sampler is None:
        drawn = step_noises(x, sigmas.tolist(), seeds, [step.fresh != 0 for step in table])

    for i in trange(len(table), disable=disable):
        image = model(x, batch_levels[i], **extra_args)
        if callback is not None:
            sigma = levels[i]
            callback({"x": x, "i": i, "sigma": sigma, "sigma_hat": sigma, "denoised": image})
        keep, clean, fresh = table[i]
        x = _mix(keep, x, clean, image)
        if fresh:
            noise = noise_sampler(levels[i], levels[i + 1]) if noise_sampler else drawn[i]
            x = torch.add(x, noise, alpha=fresh)
    return x


def _mix(keep: float, x: torch.Tensor, clean: float, image: torch.Tensor) -> torch.Tensor:
    if keep == 0:
        return image if clean == 1 else image * clean
    return torch.mul(x, keep).add_(image, alpha=clean)


def _batch_seeds(seed: int | None, count: int) -> list[int]:
    if seed is None:
        seed = int(torch.randint(2**63 - 1, ()))
    return image_seeds(seed, range(count))
