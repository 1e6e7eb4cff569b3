"""What is refused before any training, each with its sentence."""

import comfy.model_management as host
import narrow
import pytest
import torch
from fewstep.host.training import checks
from fewstep.host.training.asked import Given
from fewstep.host.training.kept import RUNS, kept_folder
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


def test_latents_without_their_prompts(refused):
    latents = {"samples": torch.randn(5, 4, 8, 8)}
    refused("5 latents and 2 prompts", Given(latents=latents), method="consistency")
    refused(
        "The latents are", Given(latents={"samples": torch.randn(3, 4, 4, 4)}), method="consistency"
    )


def test_latents_with_their_prompts_are_learned_from(model):
    latents = {"samples": torch.randn(2, 4, 8, 8)}
    made = run(model, BASE, Given(latents=latents), method="consistency")
    assert len(made.losses) == 3


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
