"""Full LCM models: the guidance embedding as one bias, against diffusers' UNet that has it."""

import diffusers.schedulers.scheduling_lcm as lcm_module
import narrow
import narrow_files
import pytest
import torch
from diffusers import LatentConsistencyModelPipeline, LCMScheduler
from fewstep.host.models.guidance import guidance_embedding
from fewstep.host.sampling.levels import schedule
from fewstep.host.sampling.samplers import make_sampler
from fewstep.samplers.noise import step_noises
from fewstep.schedulers import grid, standard_sigma
from narrow_runs import STANDARD, in_the_model_s_scale, noise_of_unit_size, run

SEED = 3
RECIPES = {"SD 1.5": "lcm/sd15-full", "SDXL": "lcm/sdxl-full"}


def _cond_proj(base):
    width = {"SD 1.5": 32, "SDXL": 64}[base]
    generator = torch.Generator().manual_seed(8)
    return torch.randn(width, 256, generator=generator) * 0.1


def _write(models_folder, base, ending="safetensors"):
    tensors = narrow_files.unet(base, "diffusers")
    tensors["time_embedding.cond_proj.weight"] = _cond_proj(base)
    name = f"a.{ending}"
    if ending == "bin":
        torch.save(tensors, models_folder / name)
        return name
    return narrow.write(models_folder, name, tensors)


@torch.no_grad()
def _of_diffusers(base, noise, guidance, monkeypatch):
    weights = narrow_files.unet(base, "diffusers")
    weights["time_embedding.cond_proj.weight"] = _cond_proj(base)
    unet = narrow_files.of_diffusers(base, weights, time_cond_proj_dim=256)
    scheduler = LCMScheduler(**STANDARD)
    scheduler.set_timesteps(4, original_inference_steps=50)
    embed = LatentConsistencyModelPipeline.get_guidance_scale_embedding
    known = embed(None, torch.tensor([guidance - 1]), embedding_dim=256)
    x = noise
    levels = [*map(standard_sigma, scheduler.timesteps.tolist()), 0.0]
    for drawn, time in zip(step_noises(noise, levels, [SEED]), scheduler.timesteps, strict=True):
        monkeypatch.setattr(lcm_module, "randn_tensor", lambda *_, drawn=drawn, **__: drawn)
        given = narrow_files.given_to(base, noise.shape[-1])
        output = unet(x, time, timestep_cond=known, **given).sample
        x, picture = scheduler.step(output, time, x, return_dict=False)
    return picture


@pytest.mark.floor(base="SD 1.5", guidance=8.0, ending="safetensors")
@pytest.mark.floor(base="SDXL", guidance=8.0, ending="bin")
@pytest.mark.parametrize("ending", ["safetensors", "bin"])
@pytest.mark.parametrize("guidance", [1.0, 8.0])
@pytest.mark.parametrize("base", RECIPES)
def test_a_full_lcm_model_is_diffusers_to_2e_3(
    base,
    guidance,
    ending,
    models_folder,
    load_model,
    largest,
    monkeypatch,
):
    name = _write(models_folder, base, ending)
    model, *_, report = load_model(name, base=base, recipe=RECIPES[base], guidance=guidance)
    noise = noise_of_unit_size()
    ours = run(model, base, make_sampler("lcm"), schedule(grid(4), model), noise, SEED)
    ours = in_the_model_s_scale(model, ours)
    theirs = _of_diffusers(base, noise, guidance, monkeypatch)
    error = float((ours - theirs).abs().max() / theirs.abs().max())
    assert largest(f"full LCM of {base} against diffusers", error) < 2e-3
    assert f"guidance {guidance:g}" in report
    assert [*model.patches] == ["diffusion_model.time_embed.0.bias"]


def test_another_guidance_is_another_picture(models_folder, load_model):
    name = _write(models_folder, "SD 1.5")
    noise = noise_of_unit_size(8)
    pictures = []
    for guidance in (1.0, 8.0):
        model = load_model(name, base="SD 1.5", recipe=RECIPES["SD 1.5"], guidance=guidance)[0]
        sigmas = schedule(grid(4), model)
        pictures.append(run(model, "SD 1.5", make_sampler("lcm"), sigmas, noise))
    assert float((pictures[0] - pictures[1]).abs().max()) > 0.05 * float(pictures[0].abs().max())


@pytest.mark.floor
def test_a_model_without_the_embedding_has_no_patch(models_folder, load_model):
    narrow.write(models_folder, "a.safetensors", narrow_files.unet("SD 1.5", "diffusers"))
    model, *_, report = load_model(base="SD 1.5", recipe=RECIPES["SD 1.5"], guidance=5.0)
    assert not model.patches
    assert "guidance 5" not in report


@pytest.mark.parametrize("w", [0.0, 0.5, 6.5, 13.0])
def test_the_embedding_is_diffusers_bit_for_bit(w):
    embed = LatentConsistencyModelPipeline.get_guidance_scale_embedding
    assert torch.equal(guidance_embedding(w, 256), embed(None, torch.tensor([w]), 256)[0])
