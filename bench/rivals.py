"""The samplers that are compared, on a model that costs nothing."""

from collections.abc import Callable
from types import SimpleNamespace

import comfy.k_diffusion.sampling as core
import comfy.model_sampling
import torch
from fewstep.host.sampling.levels import schedule
from fewstep.host.sampling.samplers import HOST_SAMPLE
from fewstep.schedulers import grid


class _Sampling(comfy.model_sampling.ModelSamplingDiscrete, comfy.model_sampling.EPS):
    pass


class FreeModel:
    """Answers with one image made beforehand, so that only the sampler's own work is left."""

    def __init__(self, image: torch.Tensor):
        self.image = image
        sampling = _Sampling()
        patcher = SimpleNamespace(get_model_object=lambda _name: sampling)
        self.inner_model = SimpleNamespace(
            model_patcher=patcher, inner_model=SimpleNamespace(model_sampling=sampling)
        )

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, **_: object) -> torch.Tensor:
        return self.image


SAMPLERS: dict[str, Callable] = {
    "FewStep TCD, gamma 0.3": HOST_SAMPLE["tcd"],
    "FewStep LCM": HOST_SAMPLE["lcm"],
    "FewStep Hyper-SD, fixed steps": HOST_SAMPLE["ddim"],
    "core lcm": core.sample_lcm,
    "core euler_ancestral": core.sample_euler_ancestral,
    "core euler": core.sample_euler,
}


def prepared(sample: Callable, steps: int, shape: tuple[int, ...]) -> Callable[[], object]:
    """One sampling of `steps` steps on a latent of `shape`, ready to be run."""
    x = torch.zeros(shape)
    sigmas = schedule(grid(steps))
    model = FreeModel(x.clone())
    return lambda: sample(model, x, sigmas, extra_args={"seed": 1}, disable=True)
