"""What is refused before any training, each with its sentence."""

import comfy.model_management as host
import narrow
import pytest
import torch
from fewstep.host.folders import catalog
from fewstep.host.training import checks
from fewstep.host.training.asked import Given
from fewstep.host.training.kept import RUNS, kept_folder
from narrow_rewards import tiny_vae
from safetensors.torch import save_file
from training_runs import Clip, loaded, looks, paths, run

pytestmark = pytest.mark.floor
BASE = "SD 1.5"


@pytest.fixture(autouse=True)
def folders(training_folder):
    return training_folder / "loras"


@pytest.fixture
def model():
    made = loaded(BASE)
    # As after an ordinary picture, so that what is loaded is the same before and after.
    host.load_models_gpu([made])
    return made


@pytest.fixture
def refused(model):
    """Call with the words of the refusal and what a run gets: nothing is left behind."""

    def check(words, given=None, clip=None, **changes):
        before = looks(model)
        with pytest.raises(ValueError, match=words) as caught:
            run(model, BASE, given, clip, **{"name": "bad", "method": "repair", **changes})
        assert "\n" not in str(caught.value)
        assert not (kept_folder(RUNS) / "bad" / "state.pt").exists()
        assert looks(model) == before

    return check


def written(folder, name, tensors, **metadata):
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / name, metadata)
    return name


@pytest.fixture
def start(folders):
    return written(folders, "start.safetensors", narrow.lora(BASE, "kohya"))


def test_a_start_of_another_base(refused, folders):
    name = written(folders, "xl.safetensors", narrow.lora("SDXL", "kohya"))
    refused("xl.safetensors", start_lora=name)
    refused("the connected LoRA", Given(start=narrow.lora("SDXL", "kohya")))


def test_a_start_of_a_form_that_cannot_be_trained(refused, folders):
    tensors = narrow.lora(BASE, "kohya")
    module = next(key for key in tensors if key.endswith("lora_up.weight"))
    scale = torch.ones(len(tensors[module]), 1)
    tensors[module.replace("lora_up.weight", "dora_scale")] = scale
    name = written(folders, "dora.safetensors", tensors)
    refused("form that cannot be trained", start_lora=name)


def test_a_file_that_is_gone(refused):
    refused("no file gone.safetensors", start_lora="gone.safetensors")


def test_an_accelerator_already_on_the_model(refused, model, start):
    from fewstep.host.lora.load import load_lora

    fast = load_lora(model, start, 1.0, "lcm/sd15-lora", "merge", []).model
    with pytest.raises(ValueError, match="already has the accelerator start.safetensors"):
        run(fast, BASE, start_lora=start, method="repair", name="bad")


@pytest.mark.parametrize(
    ("key", "told"), [("control", "ControlNet"), ("area", "area"), ("hooks", "hooks")]
)
def test_conditioning_that_steers_where_or_when(refused, start, key, told):
    refused(told, clip=Clip(BASE, {key: object()}), start_lora=start)


def test_no_prompts_and_no_clip(refused, start, model):
    refused("prompts is empty", prompts=" \n ", start_lora=start)

    with pytest.raises(ValueError, match="has no CLIP"):
        from fewstep.host.training.run import distil
        from training_runs import asked

        distil(model, None, asked(method="repair", start_lora=start), Given())


def test_no_room_on_disk(refused, start, monkeypatch):
    usage = checks.shutil.disk_usage

    def small(path):
        return usage(path)._replace(free=1000)

    monkeypatch.setattr(checks.shutil, "disk_usage", small)
    refused("needs room for .* GB", start_lora=start)


def test_what_a_method_lacks(refused, start):
    refused("Connect Teacher paths", method="trajectory")
    refused("learns from pictures", method="consistency")
    refused("works already", method="score")
    refused("works already", method="repair")
    pictures = {"samples": torch.zeros(2, 4, 8, 8)}
    refused("works already", Given(latents=pictures), method="fine-tuning")
    refused("learns from your own pictures", method="fine-tuning", start_lora=start)


def test_sizes_and_names(refused, start, model):
    refused("multiples of 8", start_lora=start, width=65)
    refused("cannot be a folder's name", start_lora=start, name="../up")
    refused("cannot be a folder's name", start_lora=start, name="  ")
    refused(
        "The paths are of 64 x 64", Given(paths=paths(model, BASE)), start_lora=start, width=128
    )


@pytest.mark.parametrize(
    "name",
    ["...", "mine.", "CON", "nul.txt", "a\nb", "a\0b", "a/b", "a\\b", "x" * 300, "\u6a21" * 100],
)
def test_names_that_no_folder_has_on_some_system(refused, start, name):
    refused("cannot be a folder's name", start_lora=start, name=name)


def test_a_name_that_is_a_file(refused, start):
    kept_folder(RUNS).mkdir(parents=True)
    (kept_folder(RUNS) / "taken").write_text("")
    refused("taken is a file", start_lora=start, name="taken")


def test_a_folder_that_cannot_be_made(refused, start):
    kept_folder(RUNS).parent.mkdir(parents=True)
    kept_folder(RUNS).write_text("")
    with pytest.raises(ValueError, match="cannot be made"):
        checks.check_room(kept_folder(RUNS) / "bad", 1)


def test_paths_of_another_teacher(refused, model):
    other = loaded(BASE)
    with torch.inference_mode():
        next(other.model.diffusion_model.parameters()).mul_(1.5)
    theirs = Given(paths=paths(other, BASE, name="theirs"))
    host.load_models_gpu([model])
    refused("drawn by another model", theirs, method="trajectory")
    ours = Given(paths=paths(model, BASE, name="ours"))
    refused("drawn at CFG 2, and cfg is 5", ours, method="trajectory", cfg=5.0)
    refused("negative prompt ''.* is 'ugly'", ours, method="trajectory", negative="ugly")


def test_paths_of_too_few_steps(refused, model):
    short = Given(paths=paths(model, BASE, steps=2, name="short"))
    refused("have 2 steps.* a LoRA of 4 steps", short, method="trajectory", target_steps=4)
    refused("a LoRA of 1 to 8 steps", short, method="trajectory", target_steps=0)


def test_paths_that_give_prompts_alone_may_be_another_s(model, start):
    """score learns from no pictures of theirs, and does not say so."""
    ours = Given(paths=paths(model, BASE))
    made = run(model, BASE, ours, method="score", start_lora=start, cfg=5.0, prompts="")
    assert "paths" not in made.lora.provenance["made"]


def test_paths_that_are_damaged(model):
    paths(model, BASE, name="cut")
    (part,) = (kept_folder("paths") / "cut").glob("*.safetensors")
    part.write_bytes(part.read_bytes()[:-8])
    with pytest.raises(ValueError, match=r"of the paths cut is damaged. Delete .*\.safetensors"):
        paths(model, BASE, name="cut")
    part.unlink()
    assert len(paths(model, BASE, name="cut").latents) == 5


def test_a_recipe_of_another_base(refused, model):
    recipe = catalog().recipes["tcd/sdxl-lora"]
    given = Given(paths=paths(model, BASE), recipe=recipe)
    refused("tcd/sdxl-lora is for SDXL, and this model is SD 1.5", given, method="trajectory")


def test_a_vae_of_another_family(refused, start):
    refused("latents of 16 channels.* have 4", Given(vae=tiny_vae(16)), start_lora=start)


def test_a_connected_start_of_nan(refused):
    tensors = narrow.lora(BASE, "kohya")
    name = next(name for name in tensors if name.endswith("lora_up.weight"))
    tensors[name] = tensors[name] * float("nan")
    refused("the connected LoRA cannot be used: it holds numbers", Given(start=tensors))


def test_text_encoder_layers_of_a_start_are_told(model, folders):
    module = "lora_te_text_model_encoder_layers_0_mlp_fc1"
    text = {f"{module}.lora_down.weight": torch.ones(4, 768)}
    text[f"{module}.lora_up.weight"] = torch.ones(3072, 4)
    name = written(folders, "text.safetensors", {**narrow.lora(BASE, "kohya"), **text})
    made = run(model, BASE, method="score", start_lora=name)
    assert "1 layers of text.safetensors for the text encoder are left out" in made.report


def test_latents_of_another_kind(refused):
    def learned(words, *shape, scale=1.0):
        latents = {"samples": torch.randn(*shape) * scale}
        refused(words, Given(latents=latents), method="consistency", prompts="a cat")

    learned("hold no pictures", 0, 4, 8, 8)
    learned("hold no pictures", 2, 4, 8, 8, scale=0.0)
    learned("16 x 8 x 8.* 4 x 8 x 8: a VAE of another model", 2, 16, 8, 8)
    learned("a VAE of another model", 2, 4, 1, 8, 8)
    learned("a video's", 2, 4, 3, 8, 8)
    learned("infinite or none", 2, 4, 8, 8, scale=float("nan"))


def test_latents_that_a_method_does_not_learn_from(refused, model, start):
    latents = {"samples": torch.randn(2, 4, 8, 8)}
    for method in ("score", "repair"):
        given = Given(latents=latents)
        refused(
            f"method {method} does not learn from pictures", given, method=method, start_lora=start
        )
    ours = Given(latents=latents, paths=paths(model, BASE))
    refused("method trajectory does not learn from pictures", ours, method="trajectory")


def test_latents_without_their_prompts(refused):
    latents = {"samples": torch.randn(5, 4, 8, 8)}
    refused("Latents: 5, prompts: 2", Given(latents=latents), method="consistency")
    small = Given(latents={"samples": torch.randn(3, 4, 4, 6)})
    refused("of pictures 48 x 32, and this run is of 64 x 64", small, method="consistency")


def test_latents_with_their_prompts_are_learned_from(model):
    latents = {"samples": torch.randn(2, 4, 8, 8)}
    made = run(model, BASE, Given(latents=latents), method="consistency")
    assert len(made.losses) == 3
    assert "on pictures of one's own (2); CFG 2" in made.report
    # The notes are told once, and a LoRA made from nothing has no other origin.
    assert made.report.count("Made by") == 1 and "\n; " not in made.report


def test_adversarial_learns_from_pictures_of_one_s_own_without_paths(model, start):
    latents = {"samples": torch.randn(2, 4, 8, 8)}
    made = run(model, BASE, Given(latents=latents), method="adversarial", start_lora=start)
    assert len(made.losses) == 3


def test_a_model_of_nan(refused, start, model):
    weight = model.model.diffusion_model.out[2].weight
    kept = weight.clone()
    with torch.inference_mode():
        weight.fill_(float("nan"))
    refused("before any training", start_lora=start)
    model.model.diffusion_model.out[2].weight.data.copy_(kept)


class _Rounded(torch.autograd.Function):
    """Weights in a form without gradients, as some packs' layers compute."""

    @staticmethod
    def forward(ctx, x, weight):
        return torch.nn.functional.linear(x, weight)

    @staticmethod
    def backward(ctx, _):
        raise NotImplementedError("derivative for packed_linear is not implemented")


def test_weights_that_cannot_be_trained_through(refused, start, model):
    """One layer that cuts gradients off, and one that raises."""
    layer = model.model.diffusion_model.output_blocks[-1][0].out_layers[3]
    plain = layer.forward
    layer.forward = lambda x: plain(x).detach()
    block = model.model.diffusion_model.output_blocks[-1][1]
    whole = block.forward
    block.forward = lambda *args, **kwargs: whole(*args, **kwargs).detach()
    refused("cannot be trained through", start_lora=start)
    block.forward = lambda x, *args, **kwargs: _Rounded.apply(x, torch.eye(x.shape[-1]))
    refused("cannot be trained through", start_lora=start)
    del layer.forward, block.forward


@pytest.mark.parametrize("kind", ["asks", "needs what is not there", "replaces"])
def test_a_guidance_that_runs_the_model_again(refused, start, model, kind):
    """As PAG, SAG and skip-layer guidance do: of no prompt they would make a wrong guidance."""
    import comfy.samplers

    def asks(given):
        (more,) = comfy.samplers.calc_cond_batch(
            given["model"], [given["cond"]], given["input"], given["sigma"], given["model_options"]
        )
        return given["denoised"] + given["cond_denoised"] - more

    other = model.clone()
    if kind == "asks":
        other.set_model_sampler_post_cfg_function(asks)
    elif kind == "replaces":
        other.model_options["sampler_calc_cond_batch_function"] = asks
    else:
        other.set_model_sampler_post_cfg_function(lambda given: None.shape)
    host.load_models_gpu([other])
    before = looks(model)
    with pytest.raises(ValueError, match="running it once more.*without this node"):
        run(other, BASE, start_lora=start, method="repair", name="bad")
    with pytest.raises(ValueError, match="running it once more"):
        paths(other, BASE, name="bad")
    assert looks(model) == before


def test_what_other_nodes_put_before_and_after_the_guidance_counts(model):
    """The teacher is the model as it samples, with CFG of 1 by another node and a brighter end."""
    plain = paths(model, BASE, cfg=1.0, steps=1, name="plain")
    other = model.clone()
    other.set_model_sampler_pre_cfg_function(
        lambda given: [given["conds_out"][0], given["conds_out"][0]]
    )
    other.set_model_sampler_post_cfg_function(lambda given: given["denoised"] + 1)
    made = paths(other, BASE, cfg=7.0, steps=1, name="guided")
    # Two roundings to 16 bits, of values below 128.
    added = made.latents[:, -1].float() - plain.latents[:, -1].float()
    assert (added - 1).abs().max() < 0.13


def test_a_model_without_timesteps(refused, start, model):
    import comfy.model_sampling

    class Continuous(comfy.model_sampling.ModelSamplingContinuousEDM, comfy.model_sampling.EPS):
        pass

    other = model.clone()
    other.add_object_patch("model_sampling", Continuous(model.model.model_config))
    with pytest.raises(ValueError, match="no table of 1000 timesteps"):
        run(other, BASE, start_lora=start, method="repair")


def test_nothing_is_loaded_by_a_refusal(refused, start):
    before = [one.model for one in host.current_loaded_models]
    refused("prompts is empty", prompts="", start_lora=start)
    assert [one.model for one in host.current_loaded_models] == before
