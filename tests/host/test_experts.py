"""Two experts in one run: who has which step, and what the host loads."""

import comfy.model_management
import comfy.model_patcher
import comfy.sample
import comfy.samplers
import narrow
import narrow_flow
import pytest
import torch
from comfy_extras.nodes_custom_sampler import (
    CFGGuider,
    DisableNoise,
    RandomNoise,
    SamplerCustomAdvanced,
)
from comfy_extras.nodes_model_advanced import ModelSamplingSD3
from fewstep.host.accelerator import Accelerator, set_accelerator
from fewstep.host.lora.live import add_live, strengths_of
from fewstep.host.sampling.experts import experts_guider
from fewstep.host.sampling.guiders import guider_of
from fewstep.host.sampling.levels import sigmas_of, subject_of
from fewstep.host.sampling.samplers import make_sampler
from fewstep.nodes.by_step import FewStepGuider, FewStepSplit
from fewstep.nodes.experts import FewStepExperts
from fewstep.nodes.ksampler import FewStepKSampler
from fewstep.nodes.noise import FewStepNoise
from fewstep.recipes import builtin_recipes, run_settings

NAME = "Wan 2.2 T2V"
T2V, I2V = (builtin_recipes()[f"wan/{kind}22-4step"] for kind in ("t2v", "i2v"))


@pytest.fixture(scope="module")
def low():
    """The other expert: the same layers, other weights."""
    network = narrow_flow.model_of(narrow_flow.FAMILIES[NAME])
    for weight in network.parameters():
        weight.data *= 0.8
    cpu = torch.device("cpu")
    return comfy.model_patcher.ModelPatcher(network, cpu, cpu)


@pytest.fixture
def high():
    return narrow_flow.patcher(NAME)


def latent(value=0.0, batch=1, **more):
    shape = (batch, *narrow_flow.FAMILIES[NAME].latent[0][1:])
    return {"samples": torch.full(shape, value), **more}


def conditions():
    return narrow_flow.conditioning(NAME), narrow_flow.conditioning(NAME, 10)


def drawn(high, low, *, recipe=T2V, steps=4, cfg=0.0, denoise=1.0, given=None, **more):
    inputs = {"boundary": 0.0, "batch_seeds": "seed + index", "cfgs": "", "recipe": recipe}
    return FewStepExperts.execute(
        high, low, *conditions(), given or latent(), 7, steps, cfg, denoise, **{**inputs, **more}
    ).result


def alone(model, *, recipe=T2V, steps=4, cfg=0.0, denoise=1.0, given=None, cfgs=""):
    return FewStepKSampler.execute(
        model,
        *conditions(),
        given or latent(),
        7,
        steps,
        cfg,
        denoise,
        "seed + index",
        recipe,
        cfgs,
    ).result


def watched(*models):
    """The models, and the levels at which each is asked from now on."""
    calls = []

    def watch(which):
        def around(network, x, timesteps, *args, **kwargs):
            calls.append((which, round(float(timesteps[0]) / 1000, 4), len(x)))
            return network(x, timesteps, *args, **kwargs)

        return around

    clones = [model.clone() for model in models]
    for which, clone in enumerate(clones):
        clone.add_wrapper_with_key("diffusion_model", "test", watch(which))
    return *clones, calls


@pytest.mark.floor
@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_the_same_model_in_both_places_is_few_step_ksampler_bit_for_bit(high, steps):
    one = alone(high, steps=steps)[0]["samples"]
    assert torch.equal(drawn(high, high, steps=steps)[0]["samples"], one)
    # A clone is another patcher: the host changes over.
    assert torch.equal(drawn(high, high.clone(), steps=steps)[0]["samples"], one)


@pytest.mark.floor
@pytest.mark.parametrize("recipe, counts", [(T2V, (2, 2)), (I2V, (2, 2))])
def test_each_step_is_asked_of_the_expert_of_its_level(high, low, recipe, counts):
    first, second, calls = watched(high, low)
    text = drawn(first, second, recipe=recipe)[1]
    assert [which for which, _, _ in calls] == [0] * counts[0] + [1] * counts[1]
    assert [level for _, level, _ in calls] == [1.0, 0.9375, 0.8333, 0.625]
    assert f"high-noise model {counts[0]} steps, low-noise model {counts[1]}" in text


@pytest.mark.parametrize("steps, boundary, counts", [(5, 0.0, 3), (12, 0.875, 6), (8, 0.9, 3)])
def test_the_steps_are_parted_by_level_and_not_in_half(high, low, steps, boundary, counts):
    first, second, calls = watched(high, low)
    drawn(first, second, steps=steps, boundary=boundary)
    assert [which for which, _, _ in calls] == [0] * counts + [1] * (steps - counts)


@pytest.mark.floor
@pytest.mark.parametrize("steps", [4, 5])
@pytest.mark.parametrize("cfg", [1.0, 3.5])
def test_the_whole_equals_its_parts(high, low, steps, cfg):
    """Two SamplerCustomAdvanced with Split SIGMAS at a level: 1e-5 of the largest number."""
    whole = drawn(high, low, steps=steps, cfg=cfg)[0]["samples"]
    settings = run_settings(T2V, steps, cfg, 1.0, subject=subject_of(high))
    parts = FewStepSplit.execute(sigmas_of(settings.plan), 0.875).result[:2]
    noises = FewStepNoise.execute(7).result[0], DisableNoise.execute().result[0]
    made = latent()
    for model, noise, sigmas in zip((high, low), noises, parts, strict=True):
        guider = CFGGuider.execute(model, *conditions(), cfg).result[0]
        made = SamplerCustomAdvanced.execute(
            noise, guider, make_sampler("ddim"), sigmas, made
        ).result[0]
    assert float((whole - made["samples"]).abs().max()) < 1e-5 * float(whole.abs().max())


@pytest.mark.parametrize("kind", ["none", "mask", "two images", "half redrawn"])
def test_masks_batches_and_denoise_are_few_step_ksampler_s(high, kind):
    """With one model in both places, as two patchers: bit for bit."""
    mask = torch.zeros(1, 8, 8)
    mask[:, :, 4:] = 1
    given, more = {
        "none": (latent(), {}),
        "mask": (latent(0.5, noise_mask=mask), {}),
        "two images": (latent(0.3, batch=2), {}),
        "half redrawn": (latent(0.3), {"denoise": 0.95}),
    }[kind]
    one = alone(high, given=given, **more)[0]["samples"]
    both = drawn(high, high.clone(), given=given, **more)[0]["samples"]
    assert torch.equal(both, one)


def test_a_second_model_that_sees_the_latent_and_the_mask_gets_both():
    """An inpainting model, as two patchers: bit for bit what one of them makes."""
    name = "SD 1.5 inpaint"
    model = narrow.patcher(name)
    given = narrow.conditioning(name), narrow.conditioning(name, 10)
    sigmas = comfy.samplers.calculate_sigmas(
        model.get_model_object("model_sampling"), "sgm_uniform", 4
    )
    latent, mask = torch.full((1, 4, 16, 16), 0.7), torch.zeros(1, 1, 16, 16)
    mask[..., 8:] = 1
    noise = comfy.sample.prepare_noise(latent, 3)
    guiders = (
        guider_of(model, given, (1.0,), sigmas.tolist()),
        experts_guider((model, model.clone()), given, (1.0,), sigmas.tolist(), float(sigmas[1])),
    )
    made = [
        one.sample(noise, latent, make_sampler("ddim"), sigmas, mask, disable_pbar=True)
        for one in guiders
    ]
    assert torch.equal(*made)


def test_a_start_below_the_boundary_never_loads_the_high_model(high, low, loads):
    first, second, calls = watched(high, low)
    text = drawn(first, second, denoise=0.5, given=latent(0.3))[1]
    assert {which for which, _, _ in calls} == {1}
    assert loads == [second.model]
    assert "high-noise model 0 steps" in text and "high-noise model is not loaded" in text


def test_a_run_that_ends_above_the_boundary_never_loads_the_low_model(high, low, loads):
    text = drawn(high, low, steps=1)[1]
    assert loads == [high.model]
    assert "low-noise model is not loaded" in text


def test_a_run_loads_each_expert_once_and_never_both_at_a_time(high, low, loads):
    drawn(high, low, steps=8)
    assert loads == [high.model, low.model]


@pytest.fixture
def loads(monkeypatch):
    """The models of each request to load, one by one; a request for several fails."""
    made = []
    load = comfy.model_management.load_models_gpu

    def remember(models, *args, **kwargs):
        (model,) = models
        made.append(model.model)
        return load(models, *args, **kwargs)

    monkeypatch.setattr(comfy.model_management, "load_models_gpu", remember)
    return made


def test_cfg_by_step_runs_through_both_experts(high, low):
    first, second, calls = watched(high, low)
    text = drawn(first, second, cfgs="3.5, 1, 2, 1")[1]
    assert [(which, rows) for which, _, rows in calls] == [(0, 2), (0, 1), (1, 2), (1, 1)]
    assert "CFG 3.5, 1, 2, 1 by step" in text


def test_what_is_on_the_low_model_alone_counts_in_its_steps(high, low):
    """Options and wrappers of a model are its own."""
    seen = []
    second = low.clone()
    second.set_model_unet_function_wrapper(
        lambda run, given: (
            seen.append(float(given["timestep"][0]))
            or run(given["input"], given["timestep"], **given["c"])
        )
    )
    drawn(high, second)
    assert [round(level, 4) for level in seen] == [0.8333, 0.625]


def test_previews_count_all_steps(high, low, monkeypatch):
    import latent_preview

    ticks = []
    monkeypatch.setattr(
        latent_preview,
        "prepare_callback",
        lambda model, steps, *_: lambda step, x0, x, total: ticks.append((step, total, steps)),
    )
    drawn(high, low, steps=5)
    assert ticks == [(step, 5, 5) for step in range(5)]


@pytest.mark.floor
@pytest.mark.parametrize("at", [0, 3])
def test_a_cancelled_run_leaves_both_models_as_they_were(high, low, at):
    whole = drawn(high, low)[0]["samples"]
    stop = [high.clone(), low.clone()]
    steps = []

    def cancel(network, *args, **kwargs):
        steps.append(1)
        if len(steps) > at:
            raise comfy.model_management.InterruptProcessingException()
        return network(*args, **kwargs)

    for model in stop:
        model.add_wrapper_with_key("diffusion_model", "test", cancel)
    with pytest.raises(comfy.model_management.InterruptProcessingException):
        drawn(*stop)
    assert torch.equal(drawn(high, low)[0]["samples"], whole)


def test_a_guider_runs_again_and_starts_with_the_high_model(high, low, loads):
    """The object is kept by nobody, but a run may be repeated with it."""
    sigmas = sigmas_of(run_settings(T2V, 4, 0, 1.0, subject=subject_of(high)).plan)
    guider = experts_guider((high, low), conditions(), (1.0,), sigmas.tolist(), 0.875)
    noise = torch.randn(latent()["samples"].shape, generator=torch.Generator().manual_seed(1))
    runs = [
        guider.sample(noise, latent()["samples"], make_sampler("ddim"), sigmas, disable_pbar=True)
        for _ in range(2)
    ]
    assert torch.equal(*runs)
    assert loads == [high.model, low.model] * 2


def test_the_cfgs_of_a_guider_count_by_the_whole_schedule(high):
    """Also where a sampler gets the second half: the third step's CFG is the third number."""
    sigmas = sigmas_of(run_settings(T2V, 4, 0, 1.0, subject=subject_of(high)).plan)
    parts = FewStepSplit.execute(sigmas, 0.875).result
    assert parts[2] == "2 steps at or above 0.875, 2 below."
    model, calls = watched(high)
    guider = FewStepGuider.execute(model, *conditions(), sigmas, "3.5, 1, 2, 1").result[0]
    noise = RandomNoise.execute(3).result[0]
    for part, rows in ((parts[1], [2, 1]), (sigmas, [2, 1, 2, 1])):
        calls.clear()
        SamplerCustomAdvanced.execute(noise, guider, make_sampler("ddim"), part, latent())
        assert [count for _, _, count in calls] == rows


def test_one_cfg_in_the_list_is_core_s_cfg_guider(high):
    sigmas = sigmas_of(run_settings(T2V, 4, 0, 1.0, subject=subject_of(high)).plan)
    noise = RandomNoise.execute(3).result[0]
    guiders = (
        FewStepGuider.execute(high, *conditions(), sigmas, "2").result[0],
        CFGGuider.execute(high, *conditions(), 2.0).result[0],
    )
    made = [
        SamplerCustomAdvanced.execute(noise, guider, make_sampler("ddim"), sigmas, latent())
        for guider in guiders
    ]
    assert torch.equal(*(one.result[0]["samples"] for one in made))


def test_few_step_ksampler_takes_cfg_by_step(high):
    model, calls = watched(high)
    alone(model, cfgs="2, 2, 1")
    assert [count for _, _, count in calls] == [2, 2, 1, 1]
    assert torch.equal(alone(high, cfgs="2")[0]["samples"], alone(high, cfg=2.0)[0]["samples"])


def test_an_empty_list_of_cfgs_is_an_error_in_the_guider(high):
    with pytest.raises(ValueError, match="cfgs is empty. Write one CFG a step"):
        FewStepGuider.execute(high, *conditions(), torch.tensor([1.0, 0.0]), " ")
    with pytest.raises(ValueError, match="cfgs has 3 numbers, and steps is 1"):
        FewStepGuider.execute(high, *conditions(), torch.tensor([1.0, 0.0]), "3, 2, 1")


def _carrying(model, file, recipe=T2V):
    changed = model.clone()
    set_accelerator(changed, Accelerator(file, "Load acceleration LoRA", "", recipe))
    return changed


def test_the_recipe_travels_with_the_high_model(high, low):
    first = _carrying(high, "wan2.2_t2v_high_noise.safetensors")
    text = drawn(first, low, recipe=None)[1]
    assert "wan/t2v22-4step" in text and "wan2.2_t2v_high_noise.safetensors" in text
    # Base steps without a LoRA: the low model's counts.
    second = _carrying(low, "wan2.2_t2v_low_noise.safetensors")
    assert "wan/t2v22-4step" in drawn(high, second, recipe=None)[1]
    with pytest.raises(ValueError, match="two experts does not know the accelerator"):
        drawn(high, low, recipe=None)


def test_models_in_each_other_s_place_are_refused_in_one_sentence(high, low):
    first = _carrying(high, "wan2.2_t2v_LOW_noise.safetensors")
    second = _carrying(low, "wan/high_noise_model.safetensors")
    with pytest.raises(ValueError, match="in each other's place.*Exchange high_model and low"):
        drawn(first, second, recipe=None)
    with pytest.raises(ValueError, match="LOW_noise.safetensors is for low noise, and it is conn"):
        drawn(first, low, recipe=None)
    # Neither "highres" nor "flow" is a half.
    drawn(_carrying(high, "wan_flow_highres.safetensors"), low, recipe=None)


def test_two_recipes_that_do_not_belong_together_are_refused(high, low):
    first, second = _carrying(high, "a.safetensors"), _carrying(low, "b.safetensors", I2V)
    with pytest.raises(ValueError, match="do not belong together: .*t2v22.*i2v22.*in boundary"):
        drawn(first, second, recipe=None)
    # A connected one is meant for both.
    drawn(first, second, recipe=T2V)


def test_models_of_two_kinds_are_refused(high):
    other = narrow_flow.patcher("Wan 2.2 I2V")
    with pytest.raises(ValueError, match="WAN21 with 16 channels and low_model is WAN21 with 36"):
        drawn(high, other)


def test_a_boundary_outside_of_0_to_1_and_a_missing_one_are_refused(high, low):
    with pytest.raises(ValueError, match="boundary is 1.5, and levels of flow models go from 0"):
        drawn(high, low, boundary=1.5)
    with pytest.raises(ValueError, match="does not say at which level the two models change"):
        drawn(high, low, recipe=builtin_recipes()["wan/t2v-lightx2v-v2"])


def test_more_cfgs_than_steps_are_refused(high, low):
    with pytest.raises(ValueError, match="cfgs has 5 numbers, and steps is 4"):
        drawn(high, low, cfgs="5, 4, 3, 2, 1")


def test_the_models_own_shift_does_not_move_the_switch(high, low):
    """The recipe's shift makes the levels, whatever is on the models."""
    shifted = [ModelSamplingSD3().patch(model, 8.0)[0] for model in (high, low)]
    first, second, calls = watched(*shifted)
    drawn(first, second)
    assert [which for which, _, _ in calls] == [0, 0, 1, 1]


def test_strengths_by_step_of_either_expert_count_over_the_whole_run(high, low):
    """Live LoRAs without layers: what counts is the dial at each call."""
    strengths = [(0.1, 0.2, 0.3, 0.4), (0.5, 0.6, 0.7, 0.8)]
    models = [high.clone(), low.clone()]
    seen = []
    for model, own in zip(models, strengths, strict=True):
        add_live(model, {}, own)
        dial = next(iter(model.wrappers["apply_model"].values()))[0].__self__

        def note(network, *args, dial=dial, **kwargs):
            seen.append(dial.value)
            return network(*args, **kwargs)

        model.add_wrapper_with_key("diffusion_model", "test", note)
    drawn(*models)
    assert seen == [0.1, 0.2, 0.7, 0.8]
    assert strengths_of(models[1]) == [strengths[1]]


@pytest.mark.parametrize("name", ["LTX-2"])
def test_video_and_sound_in_one_latent_go_through_both_experts(name):
    """Nested latents: as with one model, bit for bit."""
    model = narrow_flow.patcher(name)
    given = narrow_flow.conditioning(name), narrow_flow.conditioning(name, 10)
    sigmas = torch.tensor([1.0, 0.95, 0.8, 0.4, 0.0])
    latent = narrow_flow.latent(name)
    noise = comfy.sample.prepare_noise(latent, 3)
    guiders = (
        guider_of(model, given, (1.0,), sigmas.tolist()),
        experts_guider((model, model.clone()), given, (1.0,), sigmas.tolist(), 0.9),
    )
    made = [
        guider.sample(noise, latent, make_sampler("ddim"), sigmas, disable_pbar=True).unbind()
        for guider in guiders
    ]
    assert all(torch.equal(*parts) for parts in zip(*made, strict=True))


def test_the_plot_says_expert_cfg_and_strength_of_each_step(high):
    from fewstep.nodes.plot import _by_step_lines

    model = high.clone()
    add_live(model, {}, (0.0, 0.0, 1.0))
    sigmas = [1.0, 0.9375, 0.8333, 0.625, 0.0]
    guider = guider_of(model, conditions(), (3.5, 3.5, 1.0), sigmas)
    assert _by_step_lines(sigmas, model, guider, 0.875) == [
        "expert high high low low, which change at level 0.875",
        "CFG 3.5 3.5 1 1",
        "LoRA 0 0 1 1",
    ]
    assert _by_step_lines(sigmas, None, None, 0.0) == []
