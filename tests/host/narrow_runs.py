"""Samples narrow models through the host, and watches what their network sees."""

import comfy.samplers
import narrow
import torch

STANDARD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def seen_by(model):
    """The inputs and timesteps the network gets from now on."""
    calls = []
    model = model.clone()

    def watch(network, x, timesteps, *args, **kwargs):
        calls.append((x.clone(), timesteps.clone()))
        return network(x, timesteps, *args, **kwargs)

    model.add_wrapper_with_key("diffusion_model", "test", watch)
    return model, calls


def noise_of_unit_size(size=16, seed=3, channels=4):
    noise = torch.randn(1, channels, size, size, generator=torch.Generator().manual_seed(seed))
    return (noise - noise.mean()) / noise.std()


def run(model, base, sampler, sigmas, noise, seed=3):
    guider = comfy.samplers.CFGGuider(model)
    guider.set_conds(narrow.conditioning(base), narrow.conditioning(base, 10))
    guider.set_cfg(1.0)
    latent = torch.zeros_like(noise)
    return guider.sample(noise, latent, sampler, sigmas, disable_pbar=True, seed=seed)


def scheduled(model, scheduler, steps=1):
    return comfy.samplers.calculate_sigmas(
        model.get_model_object("model_sampling"), scheduler, steps
    )


def close(first, second, tolerance):
    return float((first - second).abs().max()) < tolerance * float(second.abs().max())


def in_the_model_s_scale(model, latent):
    return model.model.latent_format.process_in(latent)
