"""A tiny network in float64, and the levels of the kinds of models that there are."""

import torch
from fewstep.distil import TIMES, Discriminator, Material, Nets, Times
from fewstep.samplers.levels import FlowLevels, TableLevels
from fewstep.schedulers import standard_sigma

SHAPE = (2, 3, 3)


def table():
    sigmas = [standard_sigma(time) for time in range(TIMES)]
    return Times(TableLevels(torch.tensor(sigmas, dtype=torch.float64).numpy()), sigmas)


def flow(shift=3.0):
    shares = [(time + 1) / TIMES for time in range(TIMES)]
    return Times(FlowLevels(), [shift * u / (1 + (shift - 1) * u) for u in shares])


KINDS = {"table": table, "flow": flow}


class Tiny(torch.nn.Module):
    """net(x, sigma, context) -> image; nothing in it cancels."""

    def __init__(self, seed):
        super().__init__()
        random = torch.Generator().manual_seed(seed)

        def weights(*shape):
            drawn = torch.randn(*shape, generator=random, dtype=torch.float64)
            return torch.nn.Parameter(drawn * 0.4)

        self.mix, self.by_context, self.by_level = weights(2, 2), weights(3, 2), weights(2)

    def forward(self, x, sigma, context):
        return torch.tanh(self.inside(x, sigma, context))

    def inside(self, x, sigma, context):
        near = x / (1 + sigma.square()).sqrt()[:, None, None, None]
        mixed = torch.einsum("bchw,cd->bdhw", near, self.mix)
        shown = context @ self.by_context + sigma.log1p()[:, None] * self.by_level
        return mixed + shown[:, :, None, None]

    def features(self, x, sigma, context):
        """Two maps, the second of them coarser and with more channels."""
        first = self.inside(x, sigma, context)
        finer = torch.cat([first.sin(), first.square()], 1)
        return [first, torch.nn.functional.avg_pool2d(finer, 2)]


def heads(seed=9):
    """The discriminator on a tiny network's features; contexts are pooled prompts as they are."""
    random = torch.Generator().manual_seed(seed)
    made = Discriminator([2, 4], 3, 6, random).double()
    with torch.no_grad():
        for weight in made.parameters():
            # Biases too, and logits on both sides of the hinge.
            weight.add_(torch.randn(weight.shape, generator=random, dtype=torch.float64) * 0.5)
    return made


def nets(**seeds):
    """Four networks of their own; the student's weights alone want gradients, and the rivals'."""
    made = {"teacher": 1, "student": 2, "average": 3, "fake": 4, **seeds}
    made = {name: Tiny(seed) for name, seed in made.items()}
    for name in ("teacher", "average"):
        made[name].requires_grad_(False)
    plain, start = (Tiny(seed).requires_grad_(False) for seed in (5, 6))

    def learned(*given):
        return plain(*given) + made["student"](*given) - start(*given)

    return Nets(**made, features=made["teacher"].features, heads=heads(), learned=learned)


def material(paths=6, points=8, images=5, seed=7):
    random = torch.Generator().manual_seed(seed)

    def numbers(*shape):
        return torch.randn(*shape, generator=random, dtype=torch.float64)

    times = torch.tensor([*(round(1000 - 1000 * i / points) - 1 for i in range(points)), -1])
    return Material(
        SHAPE,
        numbers(4, 3),
        numbers(paths, points + 1, *SHAPE),
        times,
        torch.arange(paths) % 4,
        numbers(images, *SHAPE) if images else None,
        torch.arange(images) % 4 if images else None,
        torch.float64,
    )
