"""Whole models of every other family through the loader, against diffusers on the same weights."""

import comfy.model_sampling
import comfy.samplers
import narrow
import narrow_files
import pytest
import torch
from diffusers import (
    DDIMScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxTransformer2DModel,
    SD3Transformer2DModel,
)
from fewstep.host.sampling.levels import schedule
from fewstep.host.sampling.samplers import make_sampler
from fewstep.schedulers import trailing
from narrow_runs import STANDARD, in_the_model_s_scale, noise_of_unit_size, run

pytestmark = pytest.mark.floor
NAME = "a.safetensors"
# By this the host tells SD 2.1 at 768 from the base: its spread is above 0.09 where it predicts v.
TELLS_V = "output_blocks.11.1.transformer_blocks.0.norm1.bias"
RECIPES = {
    "SD 2.1": "turbo/sd21",
    "SD 2.1 v": "auto",
    "SSD-1B": "lcm/ssd-1b-full",
    "SDXS 0.9": "sdxs/512-0.9",
}


# In ComfyUI's own layout the host does not tell SDXS 0.9, which is published in diffusers' alone.
FILES = [
    (family, layout)
    for family in RECIPES
    for layout in ("diffusers", "ComfyUI")
    if (family, layout) != ("SDXS 0.9", "ComfyUI")
]


@pytest.mark.floor(steps=4, layout="diffusers")
@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize(("family", "layout"), FILES)
def test_a_unet_in_ddim_steps_is_diffusers_to_2e_3(
    family, layout, steps, models_folder, load_model, largest
):
    base, prediction = family.removesuffix(" v"), "v_prediction" if " v" in family else "epsilon"
    files = {kind: narrow_files.unet(base, kind) for kind in ("diffusers", "ComfyUI")}
    if base == "SD 2.1":
        _mark(files, prediction)
    narrow.write(models_folder, NAME, files[layout])
    model = load_model(base=base, recipe=RECIPES[family])[0]
    kind = "EPS" if prediction == "epsilon" else "V_PREDICTION"
    sampling = model.get_model_object("model_sampling")
    assert isinstance(sampling, getattr(comfy.model_sampling, kind))
    noise = noise_of_unit_size()
    ours = run(model, base, make_sampler("ddim"), schedule(trailing(steps), model), noise)
    theirs = _ddim(base, files["diffusers"], steps, noise, prediction)
    error = _error(in_the_model_s_scale(model, ours), theirs)
    assert largest(f"{family} against diffusers", error) < 2e-3


def _mark(files, prediction):
    narrow_norm = torch.linspace(-0.3, 0.3, 64) * (prediction == "v_prediction")
    files["ComfyUI"][f"model.diffusion_model.{TELLS_V}"] = narrow_norm
    outside = "up_blocks.3.attentions.2.transformer_blocks.0.norm1.bias"
    assert files["diffusers"][outside].shape == narrow_norm.shape
    files["diffusers"][outside] = narrow_norm


@torch.no_grad()
def _ddim(base, weights, steps, noise, prediction):
    unet = narrow_files.of_diffusers(base, weights)
    scheduler = DDIMScheduler(
        **STANDARD, timestep_spacing="trailing", clip_sample=False, prediction_type=prediction
    )
    scheduler.set_timesteps(steps)
    x = noise
    for timestep in scheduler.timesteps:
        output = unet(x, timestep, **narrow_files.given_to(base, noise.shape[-1])).sample
        x = scheduler.step(output, timestep, x).prev_sample
    return x


def _error(ours, theirs):
    return float((ours - theirs).abs().max() / theirs.abs().max())


def _made(kind, **config):
    torch.manual_seed(7)
    network = kind(**config).eval()
    for weight in network.parameters():
        if weight.ndim == 1:
            weight.data += 0.1 * torch.randn(weight.shape)
    return network


def _sd3():
    return _made(
        SD3Transformer2DModel,
        num_layers=2,
        num_attention_heads=2,
        caption_projection_dim=128,
        pos_embed_max_size=64,
    )


def _sd35():
    return _made(
        SD3Transformer2DModel,
        num_layers=2,
        num_attention_heads=2,
        caption_projection_dim=128,
        pos_embed_max_size=64,
        qk_norm="rms_norm",
        dual_attention_layers=(0,),
    )


def _flux():
    return _made(
        FluxTransformer2DModel,
        num_layers=1,
        num_single_layers=1,
        num_attention_heads=1,
        joint_attention_dim=48,
        pooled_projection_dim=32,
        guidance_embeds=True,
    )


FLOW = {"SD3": _sd3, "SD3.5": _sd35, "FLUX.1": _flux}


@torch.no_grad()
def _flow(family, network, steps, noise):
    """Euler over the levels diffusers makes of the shift."""
    levels = [1 - step / steps for step in range(steps)]
    if family == "FLUX.1":
        scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
        scheduler.set_timesteps(sigmas=levels, mu=1.15)
    else:
        scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
        scheduler.set_timesteps(sigmas=levels)
    x = noise
    for timestep in scheduler.timesteps:
        call = _flux_output if family == "FLUX.1" else _sd3_output
        x = scheduler.step(call(network, x, timestep), timestep, x).prev_sample
    return x


def _sd3_output(network, x, timestep):
    embedding, extra = narrow.conditioning("SD3")[0]
    return network(x, embedding, extra["pooled_output"], timestep.reshape(1)).sample


def _flux_output(network, x, timestep):
    embedding, extra = narrow.conditioning("FLUX.1")[0]
    rows, columns = x.shape[-2] // 2, x.shape[-1] // 2
    patches = x.reshape(1, 16, rows, 2, columns, 2).permute(0, 2, 4, 1, 3, 5).reshape(1, -1, 64)
    places = torch.cartesian_prod(*map(torch.arange, (1, rows, columns)))
    output = network(
        patches,
        encoder_hidden_states=embedding,
        pooled_projections=extra["pooled_output"],
        timestep=timestep.reshape(1) / 1000,
        img_ids=places.float(),
        txt_ids=torch.zeros(embedding.shape[1], 3),
        guidance=torch.tensor([3.5]),
    ).sample
    back = output.reshape(1, rows, columns, 16, 2, 2).permute(0, 3, 1, 4, 2, 5)
    return back.reshape(x.shape)


@pytest.mark.floor(steps=4)
@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize("family", FLOW)
def test_a_flow_model_in_euler_steps_is_diffusers_to_2e_3(
    family, steps, models_folder, load_model, largest
):
    network = FLOW[family]()
    narrow.write(models_folder, NAME, dict(network.state_dict()))
    model, *_, report = load_model()
    noise = noise_of_unit_size(channels=16)
    base = "FLUX.1" if family == "FLUX.1" else "SD3"
    ours = run(model, base, make_sampler("ddim"), schedule(trailing(steps), model), noise)
    theirs = _flow(family, network, steps, noise)
    error = _error(in_the_model_s_scale(model, ours), theirs)
    assert largest(f"{family} against diffusers", error) < 2e-3
    assert "choose the recipe here" in report


GONE = {
    "SD3": ("transformer_blocks.0.attn.to_k.weight", "time_text_embed.text_embedder.linear_1.bias"),
    "SD3.5": ("transformer_blocks.0.attn2.to_q.weight", "transformer_blocks.1.norm1.linear.weight"),
    "FLUX.1": ("transformer_blocks.0.ff.net.0.proj.weight", "context_embedder.bias"),
}


@pytest.mark.parametrize(("family", "part"), [(k, part) for k in GONE for part in GONE[k]])
def test_a_part_that_a_flow_model_lacks_is_named(family, part, models_folder, load_model):
    tensors = dict(FLOW[family]().state_dict())
    del tensors[part]
    narrow.write(models_folder, NAME, tensors)
    with pytest.raises(ValueError, match=f"{NAME} is incomplete: {part} is missing"):
        load_model()


PIECES = {
    "transformer_blocks.0.attn.to_v.bias": "double_blocks.0.img_attn.qkv.bias",
    "single_transformer_blocks.0.proj_mlp.bias": "single_blocks.0.linear1.bias",
}


@pytest.mark.parametrize("part", PIECES)
def test_the_weight_is_named_of_which_flux_lacks_the_last_piece(part, models_folder, load_model):
    """There the host fails by itself, since the weight comes out too short."""
    tensors = dict(_flux().state_dict())
    del tensors[part]
    narrow.write(models_folder, NAME, tensors)
    with pytest.raises(ValueError, match=f"cannot load {NAME}.*{PIECES[part]}"):
        load_model()


_FC2 = "joint_blocks.0.x_block.mlp.fc2.bias"


@pytest.mark.parametrize("family", FLOW)
def test_a_part_that_comfyui_s_layout_lacks_is_named(family, models_folder, load_model):
    narrow.write(models_folder, NAME, dict(FLOW[family]().state_dict()))
    network = load_model()[0].model.diffusion_model
    tensors = {name: weight.clone() for name, weight in network.state_dict().items()}
    narrow.write(models_folder, "whole.safetensors", tensors)
    assert load_model("whole.safetensors")[0] is not None
    part = "double_blocks.0.img_mlp.2.bias" if family == "FLUX.1" else _FC2
    del tensors[part]
    narrow.write(models_folder, "part.safetensors", tensors)
    with pytest.raises(ValueError, match=f"part.safetensors is incomplete: {part} is missing"):
        load_model("part.safetensors")


def _edm(models_folder):
    marks = {
        f"edm_vpred.sigma_{end}": torch.tensor(v) for end, v in (("max", 80.0), ("min", 0.002))
    }
    narrow.write(models_folder, NAME, narrow_files.unet("SDXL") | marks)


@pytest.mark.parametrize(("gamma", "core", "steps"), [(0.0, "euler", 4), (1.0, "lcm", 1)])
def test_an_edm_model_runs_at_gamma_0_and_1(gamma, core, steps, models_folder, load_model, largest):
    """Core's samplers to 1e-5. At gamma 1 the noise between steps is ours: one is compared."""
    _edm(models_folder)
    model = load_model()[0]
    sigmas, noise = _karras(model, steps), noise_of_unit_size(8)
    ours = run(model, "SDXL", make_sampler("tcd", gamma=gamma), sigmas, noise)
    theirs = run(model, "SDXL", comfy.samplers.sampler_object(core), sigmas, noise)
    assert largest("EDM, gamma 0 and 1 against core", _error(ours, theirs)) < 1e-5
    sigmas = _karras(model, 4)
    assert run(model, "SDXL", make_sampler("tcd", gamma=gamma), sigmas, noise).isfinite().all()


def _karras(model, steps):
    sampling = model.get_model_object("model_sampling")
    return comfy.samplers.calculate_sigmas(sampling, "karras", steps)


def test_an_edm_model_refuses_a_gamma_between(models_folder, load_model):
    _edm(models_folder)
    model = load_model()[0]
    with pytest.raises(ValueError, match="gamma"):
        run(model, "SDXL", make_sampler("tcd", gamma=0.3), _karras(model, 2), noise_of_unit_size(8))


def test_a_recipe_with_a_start_is_refused_for_an_edm_model(models_folder, load_model):
    _edm(models_folder)
    with pytest.raises(ValueError, match="continuous noise levels.*table of timesteps"):
        load_model(recipe="dmd2/sdxl-1step-unet")
