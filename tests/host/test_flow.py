"""Flow models: our samplers and scheduler use the shift that other nodes have put on the model."""

import comfy.samplers
import narrow
import pytest
import torch
from comfy_extras.nodes_model_advanced import (
    ModelSamplingAuraFlow,
    ModelSamplingFlux,
    ModelSamplingSD3,
)
from fewstep.host.sampling.levels import schedule
from fewstep.host.sampling.samplers import make_sampler
from fewstep.schedulers import trailing

pytestmark = pytest.mark.floor
PATCHES = {
    "none": lambda model: model,
    "SD3 shift 3": lambda model: ModelSamplingSD3().patch(model, 3.0)[0],
    "AuraFlow shift 1.73": lambda model: ModelSamplingAuraFlow().patch_aura(model, 1.73)[0],
    "Flux 512": lambda model: ModelSamplingFlux().patch(model, 1.15, 0.5, 512, 512)[0],
}


@pytest.mark.floor(steps=4)
@pytest.mark.parametrize("steps", [1, 2, 4, 8])
@pytest.mark.parametrize("patch", PATCHES)
def test_the_levels_are_those_of_the_patched_model(patch, steps):
    """Trailing steps in the model's own shift, as core's `simple` spaces them: 1e-6."""
    model = PATCHES[patch](narrow.patcher("FLUX.1"))
    ours = schedule(trailing(steps), model)
    sampling = model.get_model_object("model_sampling")
    assert ours[0] == sampling.sigma_max
    core = comfy.samplers.calculate_sigmas(sampling, "simple", steps)
    if patch in ("SD3 shift 3", "AuraFlow shift 1.73"):
        assert torch.allclose(ours, core, atol=1e-6)
    assert (ours.diff() < 0).all() and ours[-1] == 0


@pytest.mark.parametrize("patch", PATCHES)
def test_ddim_is_core_s_euler_to_1e_5(patch):
    model = PATCHES[patch](narrow.patcher("FLUX.1"))
    sigmas = schedule(trailing(4), model)
    euler = narrow.sampled(model, "FLUX.1", sigmas)
    ours = _sampled(model, make_sampler("ddim"), sigmas)
    assert torch.allclose(ours, euler, atol=1e-5 * float(euler.abs().max()))


@pytest.mark.parametrize("patch", PATCHES)
@pytest.mark.parametrize("sampler", ["tcd", "lcm"])
def test_tcd_and_lcm_follow_another_shift(sampler, patch):
    plain, model = narrow.patcher("FLUX.1"), PATCHES[patch](narrow.patcher("FLUX.1"))
    made = [
        _sampled(
            one,
            make_sampler("tcd", gamma=0.3) if sampler == "tcd" else make_sampler("lcm"),
            schedule(trailing(4), one),
        )
        for one in (plain, model)
    ]
    assert all(picture.isfinite().all() for picture in made)
    assert torch.equal(*made) == (patch == "none")


def _sampled(model, sampler, sigmas, seed=3):
    noise = torch.randn(1, 16, 8, 8, generator=torch.Generator().manual_seed(seed))
    guider = comfy.samplers.CFGGuider(model)
    guider.set_conds(narrow.conditioning("FLUX.1"), narrow.conditioning("FLUX.1", 10))
    guider.set_cfg(1.0)
    latent = torch.zeros_like(noise)
    return guider.sample(noise, latent, sampler, sigmas, disable_pbar=True, seed=seed)
