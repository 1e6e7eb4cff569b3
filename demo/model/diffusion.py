"""Stable Diffusion's noise schedule, and DDIM (arXiv 2010.02502) to look at what was learned."""

from collections.abc import Callable

import torch
from torch import Tensor

TIMES = 1000
# Noise for latents at times, with prompts: all of one batch.
Predictor = Callable[[Tensor, Tensor, Tensor], Tensor]


def signal_power(device: torch.device | None = None) -> Tensor:
    """The product of (1 - beta) up to each of the 1000 times."""
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, TIMES, dtype=torch.float64).square()
    return (1 - betas).cumprod(0).float().to(device)


def noised(image: Tensor, noise: Tensor, power: Tensor) -> Tensor:
    """Latents B C H W at the level `power`, one number a picture."""
    power = power[:, None, None, None]
    return power.sqrt() * image + (1 - power).sqrt() * noise


def predicted_image(x: Tensor, noise: Tensor, power: Tensor) -> Tensor:
    """The clean latents that belong to a prediction of the noise."""
    power = power[:, None, None, None]
    return (x - (1 - power).sqrt() * noise) / power.sqrt()


def trailing_times(steps: int) -> list[int]:
    """`trailing_times(4)` is 999, 749, 499, 249."""
    return [round(TIMES - index * TIMES / steps) - 1 for index in range(steps)]


def grid_times(steps: int) -> list[int]:
    """The same from every 20th time: `grid_times(4)` is 999, 759, 499, 259."""
    return [TIMES - 1 - 20 * (index * 50 // steps) for index in range(steps)]


def guided(model: Predictor, prompts: Tensor, empty: Tensor, cfg: float) -> Predictor:
    """The prediction at guidance `cfg`; the prompt argument of the result is not used."""

    def predict(x: Tensor, time: Tensor, _: Tensor) -> Tensor:
        if cfg == 1:
            return model(x, time, prompts)
        both = torch.cat([prompts, empty.expand_as(prompts)])
        with_prompt, without = model(x.repeat(2, 1, 1, 1), time.repeat(2), both).chunk(2)
        return without + cfg * (with_prompt - without)

    return predict


@torch.no_grad()
def sample(
    model: Predictor,
    noise: Tensor,
    prompts: Tensor,
    times: list[int],
    *,
    gamma: float = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Down the listed times to clean latents: DDIM at gamma 0, TCD above, LCM at 1."""
    powers = signal_power(noise.device)
    x = noise
    for time, following in zip(times, [*times[1:], None], strict=True):
        batch = torch.full((len(x),), time, device=x.device)
        predicted = model(x, batch, prompts)
        image = predicted_image(x, predicted, powers[batch])
        if following is None:
            return image
        low = int((1 - gamma) * following)
        low_power = powers[low] if low else powers.new_ones(())
        x = noised(image, predicted, low_power.expand(len(x)))
        if low < following:
            # Up again from the low level: what is kept of x, and new noise for the rest.
            kept = (powers[following] / low_power).expand(len(x))
            fresh = torch.randn(x.shape, generator=generator).to(x.device)
            x = noised(x, fresh, kept)
    return x
