"""Driven through the host's own KSAMPLER.sample, our samplers are diffusers' schedulers."""

import comfy.model_sampling as host
import diffusers.schedulers.scheduling_lcm as lcm_module
import diffusers.schedulers.scheduling_tcd as tcd_module
import fakes
import pytest
import torch
from diffusers import DDIMScheduler, LCMScheduler, TCDScheduler
from fewstep.host.sampling.levels import schedule
from fewstep.host.sampling.samplers import make_sampler
from fewstep.samplers.noise import step_noises
from fewstep.schedulers import grid, trailing

STEPS = (1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 25, 50)
GAMMAS = (0.0, 0.2, 0.3, 0.5, 0.8, 1.0)
DENOISES = (1.0, 0.9, 0.6, 0.5, 0.3)
TOLERANCE = 1e-5
STABLE_DIFFUSION = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
PREDICTIONS = {
    "eps": (fakes.model_sampling(host.EPS), "epsilon"),
    "v": (fakes.model_sampling(host.V_PREDICTION), "v_prediction"),
    "x0": (fakes.model_sampling(host.X0), "sample"),
    "zero snr": (fakes.zero_snr(), "v_prediction"),
}
# diffusers has no zero-terminal-SNR table that ends where the host's does. For x0 it divides by
# sqrt(1 - alphas_cumprod), which its float32 gets wrong by 3e-5 at t = 19: not a sampler's error.
HOST_TABLE = ("x0", "zero snr")
SMOOTH = fakes.smooth_network()
PICTURE = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
SEED = 7


def network(name):
    """An x0 model answers with pictures of unit size; eps and v models with unit noise."""
    return (lambda x, t: PICTURE + SMOOTH(x, t)) if name == "x0" else SMOOTH


def reference(kind, name, **options):
    sampling, prediction = PREDICTIONS[name]
    made = kind(**STABLE_DIFFUSION, prediction_type=prediction, **options)
    if name in HOST_TABLE:
        made.alphas_cumprod = 1 / (1 + sampling.sigmas.double() ** 2)
        made.final_alpha_cumprod = made.alphas_cumprod[0]
    return made


def starts(denoise):
    generator = torch.Generator().manual_seed(11)
    noise = torch.randn(1, 4, 8, 8, generator=generator)
    latent = torch.randn(1, 4, 8, 8, generator=generator) * (denoise < 1)
    return noise, latent


def of_diffusers(made, name, times, noise, latent, monkeypatch, module=None, **options):
    """diffusers' own loop on the same network, with the noise our sampler draws."""
    x = noise if not latent.any() else made.add_noise(latent, noise, torch.tensor(times[:1]))
    x = x.float()
    levels = schedule(times, fakes.Patcher(PREDICTIONS[name][0])).tolist()
    for drawn, t in zip(step_noises(noise, levels, [SEED]), times, strict=True):
        if module:
            monkeypatch.setattr(module, "randn_tensor", lambda *_, drawn=drawn, **__: drawn)
        output = network(name)(x, torch.tensor([float(t)]))
        x = made.step(output, torch.tensor(t), x, return_dict=False, **options)[0].float()
    return x


def of_ours(sampler, name, times, noise, latent):
    sampling = PREDICTIONS[name][0]
    sigmas = schedule(times, fakes.Patcher(sampling))
    return fakes.run(
        sampler, fakes.Guider(sampling, network(name)), sigmas, noise, latent, seed=SEED
    )


def relative(ours, expected):
    return float((ours - expected).abs().max() / expected.abs().max())


@pytest.mark.floor(gamma=0.3)
# Gamma acts on the levels, and v and x0 have those of eps.
@pytest.mark.parametrize(
    ("name", "gamma"),
    [
        (name, gamma)
        for name in PREDICTIONS
        for gamma in GAMMAS
        if gamma == 0.3 or name in ("eps", "zero snr")
    ],
)
def test_tcd_equals_diffusers_to_1e_5(name, gamma, monkeypatch, largest):
    made = reference(TCDScheduler, name)
    for denoise in DENOISES:
        noise, latent = starts(denoise)
        for steps in (n for n in STEPS if n <= int(50 * denoise)):
            made.set_timesteps(steps, strength=denoise)
            times = grid(steps, denoise)
            assert made.timesteps.tolist() == times
            expected = of_diffusers(
                made, name, times, noise, latent, monkeypatch, tcd_module, eta=gamma
            )
            ours = of_ours(
                make_sampler("tcd", gamma=gamma, finish="diffusers"), name, times, noise, latent
            )
            error = largest("TCD against diffusers", relative(ours, expected))
            assert error < TOLERANCE, (steps, denoise)


@pytest.mark.floor(name="eps")
@pytest.mark.parametrize("name", PREDICTIONS)
def test_lcm_equals_diffusers_to_1e_5(name, monkeypatch, largest):
    made = reference(LCMScheduler, name)
    for denoise in DENOISES:
        noise, latent = starts(denoise)
        for steps in (n for n in STEPS if n <= int(50 * denoise)):
            made.set_timesteps(steps, strength=denoise)
            times = grid(steps, denoise)
            expected = of_diffusers(made, name, times, noise, latent, monkeypatch, lcm_module)
            ours = of_ours(make_sampler("lcm"), name, times, noise, latent)
            error = largest("LCM against diffusers", relative(ours, expected))
            assert error < TOLERANCE, (steps, denoise)


@pytest.mark.floor(steps=4)
@pytest.mark.parametrize("name", PREDICTIONS)
@pytest.mark.parametrize("steps", [n for n in STEPS if 1000 % n == 0])
def test_fixed_steps_equal_ddim_trailing_to_1e_5(name, steps, monkeypatch, largest):
    """For 3, 6, 7, 12 and 16 steps diffusers' DDIM goes to t - 1000 // N, off its own timesteps."""
    made = reference(
        DDIMScheduler, name, timestep_spacing="trailing", clip_sample=False, set_alpha_to_one=False
    )
    made.set_timesteps(steps)
    times = trailing(steps)
    noise, latent = starts(1.0)
    expected = of_diffusers(made, name, times, noise, latent, monkeypatch)
    ours = of_ours(make_sampler("ddim", finish="diffusers"), name, times, noise, latent)
    assert largest("fixed steps against DDIM", relative(ours, expected)) < TOLERANCE


@pytest.mark.parametrize("name", PREDICTIONS)
@pytest.mark.parametrize("denoise", DENOISES)
def test_fixed_steps_at_any_number_and_denoise_equal_tcd_without_noise(
    name, denoise, monkeypatch, largest
):
    """TCD at eta 0 is DDIM that goes to its own next timestep: the reference for all the others."""
    made = reference(TCDScheduler, name)
    noise, latent = starts(denoise)
    for steps in STEPS:
        times = trailing(steps, denoise)
        made.set_timesteps(timesteps=times)
        expected = of_diffusers(made, name, times, noise, latent, monkeypatch, tcd_module, eta=0.0)
        ours = of_ours(make_sampler("ddim", finish="diffusers"), name, times, noise, latent)
        assert largest("fixed steps against TCD at eta 0", relative(ours, expected)) < TOLERANCE
