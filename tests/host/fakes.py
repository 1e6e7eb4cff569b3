"""A guider around any function of (x, sigma), as the host's KSAMPLER expects one."""

from types import SimpleNamespace

import comfy.model_sampling as host
import torch


def model_sampling(prediction, kind=host.ModelSamplingDiscrete, **knobs):
    """A `model_sampling` object such as the host builds for a model."""

    class Sampling(kind, prediction):
        pass

    sampling = Sampling(knobs.pop("config", None))
    if knobs:
        sampling.set_parameters(**knobs)
    return sampling


def zero_snr(prediction=host.V_PREDICTION):
    class Sampling(host.ModelSamplingDiscrete, prediction):
        pass

    return Sampling(zsnr=True)


class Patcher:
    def __init__(self, sampling):
        self.sampling = sampling

    def get_model_object(self, name):
        assert name == "model_sampling"
        return self.sampling


class Guider:
    """Calls `network(x_scaled, timestep)` the way the host's BaseModel does.

    With `truth` it returns that image instead: a model that is always right.
    """

    cfg = 1.0

    def __init__(self, sampling, network=None, truth=None):
        def scale_latent_inpaint(x, sigma, noise, latent_image, **_):
            level = sigma.reshape([sigma.shape[0]] + [1] * (noise.ndim - 1))
            return sampling.noise_scaling(level, noise, latent_image)

        self.inner_model = SimpleNamespace(
            model_sampling=sampling, scale_latent_inpaint=scale_latent_inpaint
        )
        self.model_patcher = Patcher(sampling)
        self.model_patcher.model = SimpleNamespace()
        self.network, self.truth = network, truth

    def __call__(self, x, sigma, model_options=None, seed=None):
        if self.truth is not None:
            return self.truth.to(x.dtype).expand_as(x).clone()
        sampling = self.inner_model.model_sampling
        output = self.network(sampling.calculate_input(sigma, x), sampling.timestep(sigma).float())
        return sampling.calculate_denoised(sigma, output, x)


def smooth_network(channels=4, seed=5, dtype=torch.float32):
    """A fixed small network of (x, timestep) with outputs near unit size."""
    generator = torch.Generator().manual_seed(seed)
    first = torch.randn(8, channels, 3, 3, generator=generator, dtype=torch.float64) * 0.15
    second = torch.randn(channels, 8, 3, 3, generator=generator, dtype=torch.float64) * 0.15

    def network(x, timestep):
        hidden = torch.conv2d(x.to(dtype), first.to(dtype), padding=1)
        hidden = torch.tanh(hidden + timestep.to(dtype).reshape(-1, 1, 1, 1) / 1000)
        return torch.conv2d(hidden, second.to(dtype), padding=1)

    return network


def run(sampler, guider, sigmas, noise, latent=None, mask=None, callback=None, seed=7):
    """`KSAMPLER.sample` of the host, as its guiders call it."""
    latent = torch.zeros_like(noise) if latent is None else latent
    extra_args = {"model_options": {}, "seed": seed}
    return sampler.sample(guider, sigmas, extra_args, callback, noise, latent, mask, True)
