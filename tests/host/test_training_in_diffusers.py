"""A trained LoRA outside of ComfyUI: diffusers' own loader takes the file, and draws the same."""

import narrow_files
import pytest
import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline
from fewstep.host.lora.load import load_lora
from fewstep.host.sampling.levels import schedule
from fewstep.host.sampling.samplers import make_sampler
from fewstep.host.training.asked import Given
from fewstep.host.training.saving import save_accelerator
from fewstep.schedulers import trailing
from narrow_runs import STANDARD, in_the_model_s_scale, noise_of_unit_size, run
from peft.tuners.tuners_utils import BaseTunerLayer
from training_runs import loaded, paths
from training_runs import run as trained

PIPELINES = {"SD 1.5": StableDiffusionPipeline, "SDXL": StableDiffusionXLPipeline}
STEPS = 2


def pipeline_of(base):
    """diffusers' pipeline of the narrow UNet; the rest of it is not needed to load a LoRA."""
    unet = narrow_files.of_diffusers(base, narrow_files.unet(base, "diffusers"))
    scheduler = DDIMScheduler(**STANDARD, timestep_spacing="trailing", clip_sample=False)
    parts = {"vae": None, "text_encoder": None, "tokenizer": None}
    if base == "SDXL":
        parts |= {"text_encoder_2": None, "tokenizer_2": None}
    else:
        parts |= {"safety_checker": None, "feature_extractor": None}
        parts |= {"requires_safety_checker": False}
    return PIPELINES[base](unet=unet, scheduler=scheduler, **parts)


@torch.no_grad()
def drawn(pipeline, base, noise):
    pipeline.scheduler.set_timesteps(STEPS)
    x, given = noise, narrow_files.given_to(base, noise.shape[-1])
    for timestep in pipeline.scheduler.timesteps:
        output = pipeline.unet(x, timestep, **given).sample
        x = pipeline.scheduler.step(output, timestep, x).prev_sample
    return x


@pytest.mark.parametrize("base", PIPELINES)
def test_diffusers_takes_every_layer_and_draws_the_same_to_1e_5(base, training_folder, largest):
    model = loaded(base)
    made = trained(model, base, Given(paths=paths(model, base)), learning_rate=1e-2)
    name = save_accelerator(made.lora, made.recipe, "mine", "")
    pipeline, noise = pipeline_of(base), noise_of_unit_size()
    plain = drawn(pipeline, base, noise)
    pipeline.load_lora_weights(str(training_folder / "loras"), weight_name=name)
    taken = [one for one in pipeline.unet.modules() if isinstance(one, BaseTunerLayer)]
    assert len(taken) == sum(key.endswith(".alpha") for key in made.lora)
    theirs = drawn(pipeline, base, noise)
    ours = load_lora(model, name, 1.0, "auto", "merge", []).model
    sigmas = schedule(trailing(STEPS), model)
    with torch.inference_mode():
        mine = in_the_model_s_scale(ours, run(ours, base, make_sampler("ddim"), sigmas, noise))
    error = float((mine - theirs).abs().max() / theirs.abs().max())
    assert largest(f"{base}, a trained LoRA in diffusers", error) < 1e-5
    # What the LoRA does is a hundred times the tolerance and more.
    assert (theirs - plain).abs().max() > 1e-3 * plain.abs().max()
