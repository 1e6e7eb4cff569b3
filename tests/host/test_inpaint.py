"""Inpainting through the host's own nodes at 1 to 8 steps: hard, soft, graded, nine channels."""

from types import SimpleNamespace

import narrow
import pytest
import torch
from comfy_extras.nodes_differential_diffusion import DifferentialDiffusion
from fewstep.nodes.ksampler import FewStepKSampler
from fewstep.recipes import builtin_recipes

from nodes import InpaintModelConditioning, SetLatentNoiseMask

RECIPES = ("tcd/sd15-lora", "lcm/sd15-lora", "hyper-sd/sd15-4step", "hyper-sd/sd15-unified")
PICTURE = torch.rand(1, 64, 64, 3, generator=torch.Generator().manual_seed(2))
LATENT = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1)) * 4
# As the host's decoder of 8 pixels a number.
VAE = SimpleNamespace(encode=lambda pixels: pixels[:, ::8, ::8, [0, 1, 2, 0]].movedim(-1, 1) * 4)


def mask_of(kind):
    """64 x 64 pixels. Hard: the middle; soft: from 0 at the left to 1 at the right."""
    mask = torch.zeros(1, 64, 64)
    if kind == "hard":
        mask[:, 16:48, 16:48] = 1
    elif kind == "soft":
        mask[:] = torch.linspace(-0.2, 1.2, 8).clamp(0, 1).repeat_interleave(8)
    elif kind == "full":
        mask[:] = 1
    return mask


def masked(kind, samples=LATENT):
    return SetLatentNoiseMask().set_mask({"samples": samples}, mask_of(kind))[0]


def made(latent, recipe="tcd/sd15-lora", steps=4, denoise=1.0, base="SD 1.5", **given):
    model = given.pop("model", narrow.patcher(base))
    positive = given.pop("positive", narrow.conditioning(base))
    chosen = builtin_recipes()[recipe.replace("sd15", "sdxl") if base == "SDXL" else recipe]
    run = FewStepKSampler.execute(
        model, positive, positive, latent, 7, steps, 0.0, denoise, "seed + index", chosen
    )
    return run.result[0]["samples"]


def at_latent_size(kind):
    return mask_of(kind)[:, ::8, ::8].expand(1, 4, 8, 8)


@pytest.mark.floor(steps=4, denoise=0.6, base="SD 1.5")
@pytest.mark.floor(steps=4, denoise=1.0, base="SD 1.5 inpaint", recipe=RECIPES[0])
@pytest.mark.parametrize("base", ["SD 1.5", "SDXL", "SD 1.5 inpaint"])
@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("denoise", [1.0, 0.6])
@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_what_a_hard_mask_protects_comes_back_bit_for_bit(steps, denoise, recipe, base):
    result = made(masked("hard"), recipe, steps, denoise, base)
    inside = at_latent_size("hard") == 1
    assert torch.equal(result[~inside], LATENT[~inside])
    assert result.isfinite().all()
    # Of 64 numbers one may come out as it was.
    same = torch.isclose(result[inside], LATENT[inside], rtol=1e-3)
    assert same.sum() <= 1


@pytest.mark.floor(steps=4, recipe=RECIPES[0])
@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_a_soft_mask_gives_values_between(steps, recipe):
    """Each number lies between what was there and what the model drew there: 1e-5 for rounding."""
    soft = masked("soft")
    drawn = []
    model = narrow.patcher("SD 1.5").clone()

    def keep(given):
        drawn.append(given["denoised"].clone())
        return given["denoised"]

    model.set_model_sampler_post_cfg_function(keep)
    result = made(soft, recipe, steps, model=model)
    mask = at_latent_size("soft")
    last = model.model.latent_format.process_out(drawn[-1])
    expected = last * mask + LATENT * (1 - mask)
    assert torch.allclose(result, expected, atol=1e-5 * float(expected.abs().max()))
    assert torch.equal(result[mask == 0], LATENT[mask == 0])
    low, high = torch.minimum(last, LATENT), torch.maximum(last, LATENT)
    slack = 1e-5 * float(high.abs().max())
    assert ((result >= low - slack) & (result <= high + slack)).all()


@pytest.mark.floor(steps=4, denoise=0.6, recipe=RECIPES[0])
@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("denoise", [1.0, 0.6])
@pytest.mark.parametrize("steps", [1, 4])
def test_a_full_mask_is_img2img_and_an_empty_one_is_nothing(steps, denoise, recipe):
    plain = made({"samples": LATENT}, recipe, steps, denoise)
    assert torch.equal(made(masked("full"), recipe, steps, denoise), plain)
    assert torch.equal(made(masked("empty"), recipe, steps, denoise), LATENT)


@pytest.mark.floor(steps=4, recipe=RECIPES[0])
@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_differential_diffusion_starts_each_place_when_its_mask_says(steps, recipe):
    """What is 0 stays bit for bit; what is 1 is drawn in all steps; more mask, more steps."""
    model = DifferentialDiffusion.execute(narrow.patcher("SD 1.5")).result[0]
    follow = model.model_options["denoise_mask_function"]
    masks = []

    def watch(*given, **more):
        masks.append(follow(*given, **more))
        return masks[-1]

    model.set_model_denoise_mask_function(watch)
    result = made(masked("soft"), recipe, steps, model=model)
    mask = at_latent_size("soft")
    assert torch.equal(result[mask == 0], LATENT[mask == 0]) and result.isfinite().all()
    counts = sum(masks)
    assert len(masks) == steps
    assert (counts[mask == 1] == steps).all() and (counts[mask == 0] == 0).all()
    assert (counts[..., 1:] >= counts[..., :-1]).all()
    # Where the mask is above 0 and no step reaches it, the host's rounding is left: one bit.
    still = counts == 0
    assert torch.allclose(result[still], LATENT[still], rtol=2e-7, atol=0)


@pytest.mark.floor(steps=4, recipe=RECIPES[0])
@pytest.mark.parametrize("noise_mask", [True, False])
@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_a_nine_channel_model_sees_mask_and_picture_at_every_step(steps, recipe, noise_mask):
    base = "SD 1.5 inpaint"
    given = narrow.conditioning(base)
    positive, _, latent = InpaintModelConditioning().encode(
        given, given, PICTURE, VAE, mask_of("hard"), noise_mask
    )
    model, seen = narrow.patcher(base).clone(), []

    def watch(network, x, *args, **more):
        seen.append(x.clone())
        return network(x, *args, **more)

    model.add_wrapper_with_key("diffusion_model", "test", watch)
    result = made(latent, recipe, steps, base=base, model=model, positive=positive)
    inside = at_latent_size("hard") == 1
    assert len(seen) == steps
    painted = model.model.latent_format.process_in(latent["samples"])
    grey = model.model.latent_format.process_in(torch.tensor(2.0))
    for x in seen:
        assert x.shape[1] == 9
        assert torch.equal(x[:, 4:5] == 1, inside[:, :1])
        assert torch.allclose(x[:, 5:][~inside], painted[~inside], rtol=1e-5)
        assert torch.allclose(x[:, 5:][inside], grey, rtol=1e-5)
    assert torch.equal(result[~inside], latent["samples"][~inside]) == noise_mask
    assert not torch.isclose(result[inside], latent["samples"][inside], rtol=1e-3).any()
