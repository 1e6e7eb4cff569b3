"""The loader of one-step models on narrow models of the host: noise, prediction, refusals."""

import itertools
import math
import re
from dataclasses import replace

import comfy.model_management
import comfy.model_sampling
import comfy.samplers
import comfy.sd
import narrow
import narrow_files
import pytest
import torch
from diffusers import DDIMScheduler, LCMScheduler
from fewstep.host.accelerator import check_single
from fewstep.host.sampling.levels import schedule
from fewstep.host.sampling.samplers import make_sampler
from fewstep.recipes import Found, Layout, builtin_recipes
from fewstep.samplers.noise import step_noise
from fewstep.schedulers import standard_sigma, trailing
from narrow_runs import (
    STANDARD,
    close,
    in_the_model_s_scale,
    noise_of_unit_size,
    run,
    scheduled,
    seen_by,
)

pytestmark = pytest.mark.floor
RECIPES = {800: "hyper-sd/sdxl-1step-unet", 399: "dmd2/sdxl-1step-unet"}
SAMPLERS = {
    "our LCM": lambda: make_sampler("lcm"),
    "our TCD": lambda: make_sampler("tcd", gamma=0.3),
    "our DDIM": lambda: make_sampler("ddim"),
    "core euler": lambda: comfy.samplers.sampler_object("euler"),
    "core lcm": lambda: comfy.samplers.sampler_object("lcm"),
}


def write(models_folder, base="SDXL", layout="diffusers", name="a.safetensors", dtype=None, **more):
    tensors = narrow_files.unet(base, layout) | more
    narrow.write(models_folder, name, {key: value.to(dtype) for key, value in tensors.items()})


@pytest.mark.parametrize("start", RECIPES)
def test_the_network_sees_noise_of_std_1_at_its_timestep(start, models_folder, load_model):
    """Measured inside the model at the first step: 1.000 +- 0.002."""
    write(models_folder)
    loaded = load_model(recipe=RECIPES[start])[0]
    levels = {name: scheduled(loaded, name) for name in ("simple", "sgm_uniform", "normal")}
    levels["recipe"] = schedule([start], loaded)
    for sampler, scheduler in itertools.product(SAMPLERS, levels):
        model, calls = seen_by(loaded)
        run(model, "SDXL", SAMPLERS[sampler](), levels[scheduler], noise_of_unit_size())
        x, timestep = calls[0]
        assert abs(float(x.std()) - 1) < 0.002, (sampler, scheduler)
        assert float(timestep) == start, (sampler, scheduler)


@torch.no_grad()
def of_diffusers(base, scheduler, noise, **config):
    """diffusers' loop over the timesteps set in `scheduler`, on the same weights and noise."""
    unet = narrow_files.of_diffusers(base, narrow_files.unet(base, "diffusers"), **config)
    x = noise * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        given = scheduler.scale_model_input(x, timestep)
        output = unet(given, timestep, **narrow_files.given_to(base, noise.shape[-1])).sample
        x = scheduler.step(output, timestep, x).prev_sample
    return x


@pytest.mark.floor(start=800, layout="diffusers")
@pytest.mark.floor(start=399, layout="ComfyUI")
@pytest.mark.parametrize("layout", ["diffusers", "ComfyUI"])
@pytest.mark.parametrize("start", RECIPES)
def test_a_one_step_sdxl_unet_is_diffusers_lcm_to_2e_3(
    start, layout, models_folder, load_model, largest
):
    write(models_folder, layout=layout)
    model = load_model(recipe=RECIPES[start])[0]
    noise = noise_of_unit_size()
    ours = run(model, "SDXL", make_sampler("lcm"), schedule([start], model), noise)
    scheduler = LCMScheduler(**STANDARD)
    scheduler.set_timesteps(timesteps=[start])
    theirs = of_diffusers("SDXL", scheduler, noise)
    ours = in_the_model_s_scale(model, ours)
    error = float((ours - theirs).abs().max() / theirs.abs().max())
    assert largest(f"one step at t = {start} against diffusers", error) < 2e-3


def test_sdxs_in_one_step_is_diffusers_to_2e_3(models_folder, load_model, largest):
    write(models_folder, "SDXS", name="sdxs-512-dreamshaper.safetensors")
    name = "sdxs-512-dreamshaper.safetensors"
    model, _, _, recipe, _ = load_model(name, base="SDXS")
    assert recipe.id == "sdxs/512-dreamshaper"
    noise = noise_of_unit_size()
    ours = run(model, "SDXS", make_sampler("lcm"), schedule([999], model), noise)
    scheduler = LCMScheduler(**STANDARD)
    scheduler.set_timesteps(timesteps=[999])
    theirs = of_diffusers("SDXS", scheduler, noise)
    error = float((in_the_model_s_scale(model, ours) - theirs).abs().max() / theirs.abs().max())
    assert largest("SDXS against diffusers", error) < 2e-3


@pytest.mark.floor(base="SD 1.5", layout="diffusers")
@pytest.mark.floor(base="SDXL", layout="ComfyUI")
@pytest.mark.parametrize("layout", ["diffusers", "ComfyUI"])
@pytest.mark.parametrize("base", ["SD 1.5", "SDXL"])
def test_four_ddim_steps_are_diffusers_to_2e_3(base, layout, models_folder, load_model, largest):
    write(models_folder, base, layout)
    recipe = {"SD 1.5": "lcm/sd15-full", "SDXL": "dmd2/sdxl-4step-unet"}[base]
    model = load_model(base=base, recipe=recipe)[0]
    noise = noise_of_unit_size()
    ours = run(model, base, make_sampler("ddim"), schedule(trailing(4), model), noise)
    scheduler = DDIMScheduler(**STANDARD, timestep_spacing="trailing", clip_sample=False)
    scheduler.set_timesteps(4)
    theirs = of_diffusers(base, scheduler, noise)
    # The host scales by sqrt(1 + sigma^2) at t = 999, where diffusers takes noise for all of x.
    error = float((in_the_model_s_scale(model, ours) - theirs).abs().max() / theirs.abs().max())
    assert largest(f"four steps of {base} against diffusers", error) < 2e-3


@pytest.mark.parametrize("layout", ["diffusers", "ComfyUI"])
def test_without_a_recipe_it_is_core_s_loader_bit_for_bit(layout, models_folder, load_model):
    write(models_folder, layout=layout)
    model, _, _, recipe, report = load_model()
    core = comfy.sd.load_diffusion_model(str(models_folder / "a.safetensors"))
    noise = noise_of_unit_size(8)
    sigmas = scheduled(core, "simple", 2)
    euler = comfy.samplers.sampler_object("euler")
    assert recipe is None and "choose the recipe here" in report
    assert torch.equal(
        run(model, "SDXL", euler, sigmas, noise), run(core, "SDXL", euler, sigmas, noise)
    )


@pytest.mark.parametrize("kind", ["UNet", "checkpoint"])
def test_a_model_that_predicts_x0_gives_its_output_as_the_picture(kind, models_folder, load_model):
    write(models_folder)
    model, *_, report = load_model(recipe=f"lightning/sdxl-1step-{kind.lower()}")
    noise = noise_of_unit_size()
    ours = run(model, "SDXL", make_sampler("ddim"), schedule([999], model), noise)
    unet = narrow_files.of_diffusers("SDXL", narrow_files.unet("SDXL", "diffusers"))
    with torch.no_grad():
        theirs = unet(noise, 999, **narrow_files.given_to("SDXL", 16)).sample
    assert close(in_the_model_s_scale(model, ours), theirs, 2e-3)
    assert "predicts x0" in report


def test_v_prediction_and_zero_terminal_snr_stay_what_the_file_says(
    models_folder, load_model, largest
):
    """By the two empty tensors that mark such files; compared on the host's table, to 2e-3."""
    write(models_folder, layout="ComfyUI", v_pred=torch.zeros(1), ztsnr=torch.zeros(1))
    model = load_model(recipe="dmd2/sdxl-4step-unet")[0]
    sampling = model.get_model_object("model_sampling")
    noise = noise_of_unit_size()
    ours = run(model, "SDXL", make_sampler("ddim"), schedule(trailing(4), model), noise)
    scheduler = DDIMScheduler(
        **STANDARD,
        timestep_spacing="trailing",
        clip_sample=False,
        prediction_type="v_prediction",
    )
    # diffusers ends its table at another level than the host.
    scheduler.alphas_cumprod = 1 / (1 + sampling.sigmas.double() ** 2)
    scheduler.set_timesteps(4)
    theirs = of_diffusers("SDXL", scheduler, noise)
    error = float((in_the_model_s_scale(model, ours) - theirs).abs().max() / theirs.abs().max())
    assert largest("v-prediction, zero terminal SNR against diffusers", error) < 2e-3
    assert float(sampling.sigma_max) > 1000


def test_a_recipe_of_one_s_own_says_v_and_a_start_between_timesteps(models_folder, load_model):
    recipe = builtin_recipes()[RECIPES[800]]
    mine = replace(recipe, id="mine/v", prediction="v", timesteps="0.7005", files=())
    recipes = models_folder.parent / "user" / "fewstep" / "recipes"
    recipes.mkdir(parents=True)
    (recipes / "mine.json").write_text(mine.to_json(), "utf-8")
    write(models_folder)
    model, *_, report = load_model(recipe="mine/v")
    sampling = model.get_model_object("model_sampling")
    assert isinstance(sampling, comfy.model_sampling.V_PREDICTION)
    assert "starts at t = 699 with noise of unit variance" in report
    assert abs(float(sampling.sigma_max) / standard_sigma(699) - 1) < 1e-6
    model, calls = seen_by(model)
    run(model, "SDXL", make_sampler("lcm"), schedule([699.5], model), noise_of_unit_size())
    assert abs(float(calls[0][0].std()) - 1) < 0.002


@pytest.mark.floor(name="realism")
@pytest.mark.parametrize(("name", "shift"), [("realism", 250), ("vibrant", 500)])
def test_nitrofusion_is_shown_floor_of_t_times_shift(name, shift, models_folder, load_model):
    """Two steps by hand on diffusers' UNet: the picture is that of t', the noise that of t."""
    write(models_folder)
    model, *_, report = load_model(recipe=f"nitrofusion/sdxl-{name}-unet")
    noise, times = noise_of_unit_size(), (999, 499)
    watched, calls = seen_by(model)
    ours = run(watched, "SDXL", make_sampler("lcm"), schedule(times, model), noise)
    shown = [time * shift // 1000 for time in times]
    assert [float(timestep) for _, timestep in calls] == shown
    unet = narrow_files.of_diffusers("SDXL", narrow_files.unet("SDXL", "diffusers"))
    unit = noise
    for step, time in enumerate(shown):
        with torch.no_grad():
            eps = unet(unit, time, **narrow_files.given_to("SDXL", 16)).sample
        sigma = standard_sigma(time)
        picture = unit * math.sqrt(1 + sigma**2) - sigma * eps
        again = standard_sigma(times[-1])
        unit = (picture + again * step_noise(picture, step, [3])) / math.sqrt(1 + again**2)
    assert close(in_the_model_s_scale(model, ours), picture, 2e-3)
    assert f"floor(t * {shift} / 1000)" in report


def test_bin_files_are_read_as_data_alone(models_folder, load_model):
    torch.save(narrow_files.unet("SDXL", "diffusers"), models_folder / "a.bin")
    assert load_model("a.bin", recipe=RECIPES[399])[0] is not None
    torch.save({"conv_in.weight": torch.nn.Linear(1, 1)}, models_folder / "code.bin")
    with pytest.raises(ValueError, match="code.bin cannot be read safely"):
        load_model("code.bin")


@pytest.mark.parametrize("layout", ["diffusers", "ComfyUI"])
def test_fp8_loads_and_samples(layout, models_folder, load_model):
    write(models_folder, layout=layout)
    model = load_model(recipe=RECIPES[800], weight_dtype="fp8_e4m3fn")[0]
    assert model.model.diffusion_model.dtype == torch.float8_e4m3fn
    noise = noise_of_unit_size(8)
    assert run(model, "SDXL", make_sampler("lcm"), schedule([800], model), noise).isfinite().all()


def test_a_file_of_two_types_loads(models_folder, load_model):
    tensors = narrow_files.unet("SDXL", "diffusers")
    mixed = {k: w.half() if n % 2 else w for n, (k, w) in enumerate(tensors.items())}
    narrow.write(models_folder, "a.safetensors", mixed)
    model = load_model(recipe=RECIPES[800])[0]
    noise = noise_of_unit_size(8)
    assert run(model, "SDXL", make_sampler("lcm"), schedule([800], model), noise).isfinite().all()


def test_what_the_file_has_not_is_an_error_when_it_is_used(models_folder, load_model):
    write(models_folder)
    _, clip, vae, _, report = load_model(recipe=RECIPES[800])
    assert "no CLIP and no VAE" in report
    assert not hasattr(clip, "get_ram_usage")
    with pytest.raises(AttributeError, match="a.safetensors has no text encoder. Choose a base"):
        clip.tokenize("a cat")
    with pytest.raises(AttributeError, match="a.safetensors has no VAE. Choose a base_checkpoint"):
        vae.decode(None)


OTHERS = {
    "a LoRA": (lambda: narrow.lora("SDXL", "kohya"), "is a LoRA, not a model.*models/loras"),
    "a VAE": (lambda: {"decoder.conv_in.weight": torch.ones(1)}, "is a VAE.*models/vae"),
    "a tiny VAE": (lambda: {"decoder.layers.0.conv.weight": torch.ones(1)}, "is a VAE"),
    "a text encoder": (
        lambda: {"text_model.encoder.layers.0.self_attn.k_proj.weight": torch.ones(1)},
        "is a text encoder.*models/text_encoders",
    ),
    "a ControlNet": (lambda: {"control_model.x": torch.ones(1)}, "is a ControlNet"),
    "anything": (lambda: {"x": torch.ones(1)}, "is a file of no known kind"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_is_no_model_is_named_with_its_place(what, models_folder, load_model):
    tensors, sentence = OTHERS[what]
    narrow.write(models_folder, "a.safetensors", tensors())
    with pytest.raises(ValueError, match=f"a.safetensors {sentence}"):
        load_model()


MISSING = {
    "diffusers": ("conv_in.weight", "down_blocks.1.resnets.0.conv1.weight", "conv_out.bias"),
    "ComfyUI": (
        "model.diffusion_model.time_embed.0.bias",
        "model.diffusion_model.input_blocks.5.1.proj_in.weight",
        "model.diffusion_model.out.2.weight",
    ),
}


@pytest.mark.parametrize(("layout", "part"), [(k, part) for k in MISSING for part in MISSING[k]])
def test_a_missing_part_is_named_and_nothing_stays_loaded(layout, part, models_folder, load_model):
    tensors = narrow_files.unet("SDXL", layout)
    del tensors[part]
    narrow.write(models_folder, "a.safetensors", tensors)
    before = len(comfy.model_management.current_loaded_models)
    with pytest.raises(ValueError, match=f"a.safetensors .*{re.escape(part.split('.')[-2])}"):
        load_model(recipe=RECIPES[800])
    assert len(comfy.model_management.current_loaded_models) == before
    write(models_folder, layout=layout)
    assert load_model(recipe=RECIPES[800])[0] is not None


def test_a_file_that_is_cut_off_is_named(models_folder, load_model):
    write(models_folder)
    whole = (models_folder / "a.safetensors").read_bytes()
    for length in (0, 4, 1000, len(whole) - 1):
        (models_folder / "a.safetensors").write_bytes(whole[:length])
        with pytest.raises(
            ValueError, match="a.safetensors cannot be loaded.*Download it again|cut off"
        ):
            load_model()


def test_a_base_of_another_kind_is_refused_before_anything_is_loaded(models_folder, load_model):
    write(models_folder)
    checkpoints = models_folder.parent / "checkpoints"
    vae = {"first_stage_model.decoder.conv_in.weight": torch.ones(1)}
    narrow.write(checkpoints, "sd15.safetensors", narrow_files.unet("SD 1.5") | vae)
    with pytest.raises(
        ValueError, match="a.safetensors is for SDXL, and .* sd15.safetensors is SD"
    ):
        load_model(recipe=RECIPES[800], base_checkpoint="sd15.safetensors")
    narrow.write(checkpoints, "lora.safetensors", narrow.lora("SDXL", "kohya"))
    with pytest.raises(ValueError, match="lora.safetensors is a LoRA, not a checkpoint"):
        load_model(recipe=RECIPES[800], base_checkpoint="lora.safetensors")


def test_two_files_of_one_name_are_not_guessed_between(models_folder, load_model):
    write(models_folder)
    write(models_folder.parent / "checkpoints", layout="ComfyUI")
    with pytest.raises(ValueError, match="both have a file a.safetensors"):
        load_model()


def test_an_accelerator_on_a_one_step_model_is_refused(models_folder, load_model):
    write(models_folder)
    model, *_, recipe, _ = load_model(recipe=RECIPES[800])
    found = Found(recipe, "file name", (), Layout("LoRA"))
    with pytest.raises(ValueError, match="already has the accelerator hyper-sd/sdxl-1step-unet"):
        check_single(model, "b.safetensors", found, recipe)


def test_a_blocked_recipe_is_refused_with_its_reason(models_folder, load_model):
    write(models_folder, "SD 1.5", name="instaflow.safetensors")
    with pytest.raises(ValueError, match="Needs a sampler of its own"):
        load_model("instaflow.safetensors", base="SD 1.5")


def test_the_name_tells_the_recipe(models_folder, load_model):
    write(models_folder, name="Hyper-SDXL-1step-Unet.safetensors")
    assert load_model("Hyper-SDXL-1step-Unet.safetensors")[3].id == RECIPES[800]
