"""What a mask protects comes back bit for bit, and the preview is the picture."""

import comfy.model_sampling as host
import fakes
import pytest
import torch
from fewstep.host.sampling.levels import schedule
from fewstep.host.sampling.samplers import make_sampler
from fewstep.schedulers import plan_timesteps

MODELS = {
    "eps": fakes.model_sampling(host.EPS),
    "v": fakes.model_sampling(host.V_PREDICTION),
    "zero snr": fakes.zero_snr(),
    "flow": fakes.model_sampling(host.CONST, host.ModelSamplingDiscreteFlow, shift=3.0),
}
SAMPLERS = {
    "TCD": lambda: make_sampler("tcd", gamma=0.3),
    "LCM": lambda: make_sampler("lcm"),
    "fixed steps": lambda: make_sampler("ddim"),
}


def _masked(sampler, name, denoise, steps=4, callback=None):
    sampling = MODELS[name]
    sigmas = schedule(plan_timesteps(steps, "grid", denoise), fakes.Patcher(sampling))
    generator = torch.Generator().manual_seed(5)
    noise = torch.randn(2, 4, 16, 16, generator=generator)
    latent = torch.randn(2, 4, 16, 16, generator=generator)
    mask = torch.zeros(2, 1, 16, 16)
    mask[..., 4:12, 4:12] = 1
    guider = fakes.Guider(sampling, fakes.smooth_network())
    result = fakes.run(sampler, guider, sigmas, noise, latent, mask, callback)
    return latent, mask.bool().expand_as(latent), result


@pytest.mark.floor(sampler="TCD", steps=4, denoise=0.6)
@pytest.mark.parametrize("denoise", [1.0, 0.6])
@pytest.mark.parametrize("steps", [1, 4, 8])
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_unmasked_latent_comes_back_bit_for_bit(sampler, name, steps, denoise):
    latent, masked, result = _masked(SAMPLERS[sampler](), name, denoise, steps)
    assert torch.equal(result[~masked], latent[~masked])
    assert torch.isfinite(result).all()
    assert not torch.allclose(result[masked], latent[masked])


@pytest.mark.floor
def test_previews_are_the_masked_image_in_order_and_not_changed_afterwards():
    told = []

    def callback(step, image, x, total):
        told.append((step, image, image.clone(), x, x.clone(), total))

    latent, masked, result = _masked(make_sampler("tcd", gamma=0.5), "eps", 1.0, callback=callback)
    assert [entry[0] for entry in told] == [0, 1, 2, 3]
    for _, image, image_then, x, x_then, total in told:
        assert total == 4
        assert torch.equal(image, image_then) and torch.equal(x, x_then)
        assert torch.equal(image[~masked], latent[~masked])
    assert torch.equal(told[-1][1], result)
