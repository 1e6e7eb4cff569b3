"""One wire: the recipe that a loader puts on the MODEL, and which nodes take it from there."""

import folder_paths
import narrow
import narrow_files
import pytest
import torch
from fewstep.host.accelerator import accelerator_of
from fewstep.nodes.compare import FewStepCompare
from fewstep.nodes.ksampler import FewStepKSampler
from fewstep.nodes.lora_loader import FewStepLoraLoader
from fewstep.nodes.recipes import FewStepFromRecipe
from fewstep.nodes.scheduler import FewStepScheduler
from fewstep.recipes import builtin_recipes

pytestmark = pytest.mark.floor
RECIPES = builtin_recipes()
TCD, LCM = "tcd/sd15-lora", "lcm/sd15-lora"


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Call with the loader's inputs: its outputs, for a LoRA that no recipe is known for."""
    loras = tmp_path / "loras"
    for name in ("a.safetensors", "b.safetensors"):
        narrow.write(loras, name, narrow.lora("SD 1.5", "kohya"))
    known = folder_paths.folder_names_and_paths
    monkeypatch.setitem(known, "loras", ([str(loras)], {".safetensors"}))
    monkeypatch.setattr(folder_paths, "filename_list_cache", {})
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path / "user"))

    def run(model=None, name="a.safetensors", **inputs):
        given = {"strength": 1.0, "recipe": TCD, "apply": "merge", "step_strengths": ""}
        model = model or narrow.patcher("SD 1.5")
        return FewStepLoraLoader.execute(model, name, **{**given, **inputs}).result

    return run


def sampled(model, recipe=None, steps=0):
    conditions = narrow.conditioning("SD 1.5"), narrow.conditioning("SD 1.5", 10)
    latent = {"samples": torch.zeros(1, 4, 8, 8)}
    result = FewStepKSampler.execute(
        model, *conditions, latent, 7, steps, 0.0, 1.0, "seed + index", recipe
    ).result
    return result[0]["samples"], result[1]


def compared(model, recipe=None):
    class Vae:
        def decode(self, latent):
            return torch.sigmoid(latent[:, :3]).movedim(1, 3)

    conditions = narrow.conditioning("SD 1.5"), narrow.conditioning("SD 1.5", 10)
    latent = {"samples": torch.zeros(1, 4, 8, 8)}
    lists = {"steps": "2", "gammas": "-1", "cfgs": "0"}
    made = FewStepCompare.execute(model, *conditions, latent, Vae(), 7, **lists, recipe=recipe)
    return made.result[1]


def scheduled(model=None, spacing="recipe", recipe=None):
    return FewStepScheduler.execute(4, spacing, 0.6, "", "keep steps", model, recipe).result


@pytest.mark.parametrize("apply", ["merge", "live"])
@pytest.mark.parametrize("strength", [0.0, 0.7, 1.0])
def test_one_wire_is_enough(apply, strength, load):
    """At any strength, 0 included, the model alone does what model and recipe do."""
    model, recipe, _ = load(strength=strength, apply=apply)
    (alone, told), (both, plain) = sampled(model), sampled(model, recipe)
    assert torch.equal(alone, both)
    assert "tcd/sd15-lora" in told and "The recipe comes with the model (a.safetensors)." in told
    assert "The recipe " not in plain
    assert torch.equal(compared(model), compared(model, recipe))
    sampler, sigmas, cfg, _ = FewStepFromRecipe.execute(model, 0, 1.0).result
    assert sampler.extra_options == {"gamma": 0.3, "seeds": None} and cfg == 1
    assert torch.equal(sigmas, FewStepFromRecipe.execute(model, 0, 1.0, recipe).result[1])


def test_steps_set_by_hand_win(load):
    model = load()[0]
    assert "6 steps" in sampled(model, steps=6)[1]


def test_clones_and_what_other_nodes_put_on_the_model_keep_the_recipe(load):
    model = load()[0].clone()
    model.set_model_sampler_cfg_function(lambda given: given["cond"])
    assert accelerator_of(model.clone()).recipe.id == TCD


def test_a_connected_recipe_wins_and_the_text_says_so(load):
    model = load()[0]
    told = sampled(model, RECIPES[LCM])[1]
    assert told.startswith("LCM-LoRA (lcm/sd15-lora)")
    assert (
        f"The connected recipe is used; the model itself has a.safetensors, which is {TCD}" in told
    )


def test_the_scheduler_takes_the_model_s_recipe_with_the_spacing_recipe_alone(load):
    model, recipe, _ = load(recipe="hyper-sd/sd15-4step")
    sigmas, plan = scheduled(model)
    assert torch.equal(sigmas, scheduled(model, "grid", recipe)[0])
    assert "trailing (from hyper-sd/sd15-4step): 4 steps from t = 599" in plan
    assert torch.equal(scheduled(model, "grid")[0], scheduled(None, "grid")[0])
    assert not torch.equal(sigmas, scheduled(model, "grid")[0])
    with pytest.raises(ValueError, match="Unified-step scheduler does not know the accelerator"):
        scheduled(narrow.patcher("SD 1.5"))
    with pytest.raises(ValueError, match="does not know the accelerator"):
        scheduled()


@pytest.mark.parametrize("apply", ["merge", "live"])
def test_a_loader_at_strength_0_leaves_room_for_another(apply, load):
    model = load(strength=0.0, apply=apply)[0]
    second = load(model, "b.safetensors", recipe=LCM)[0]
    assert accelerator_of(second).recipe.id == LCM
    assert accelerator_of(model).recipe.id == TCD


def test_strength_0_is_the_model_itself(load):
    plain, off = narrow.patcher("SD 1.5"), load(strength=0.0)[0]
    assert torch.equal(sampled(plain, RECIPES[TCD])[0], sampled(off)[0])
    assert off.patches_uuid == plain.patches_uuid or not off.patches


def test_the_input_model_carries_nothing(load):
    model = narrow.patcher("SD 1.5")
    load(model, strength=0.0)
    load(model)
    assert accelerator_of(model) is None


def test_without_a_loader_the_sentence_names_the_loaders():
    with pytest.raises(ValueError, match="Load acceleration LoRA or Load one-step model, which"):
        sampled(narrow.patcher("SD 1.5"))


def test_a_file_that_is_not_recognised_is_named_with_what_to_do(load):
    """Whether its empty recipe is connected or not."""
    model, recipe, _ = load(recipe="auto")
    assert recipe is None
    told = (
        r"a\.safetensors is not recognised \(.*LoRA.*\)\. If you know which accelerator it is, "
        "choose it under recipe in Load acceleration LoRA. If it is a style LoRA"
    )
    for node in (sampled, compared):
        with pytest.raises(ValueError, match=told):
            node(model)


def test_a_plain_checkpoint_is_named_with_what_to_do(models_folder, load_model):
    narrow.write(models_folder, "plain.safetensors", narrow_files.unet("SD 1.5", "diffusers"))
    model, *_ = load_model("plain.safetensors", base="SD 1.5")
    told = r"plain\.safetensors is not recognised .* choose it under recipe in Load one-step model"
    with pytest.raises(ValueError, match=told):
        sampled(model)


def test_an_accelerator_goes_on_a_plain_checkpoint_of_the_one_step_loader(
    models_folder, load_model, load
):
    narrow.write(models_folder, "plain.safetensors", narrow_files.unet("SD 1.5", "diffusers"))
    plain = load_model("plain.safetensors", base="SD 1.5")[0]
    assert accelerator_of(load(plain)[0]).recipe.id == TCD


def test_a_style_lora_in_the_wrong_loader_is_sent_to_the_right_one(load):
    with pytest.raises(ValueError, match=r"b.safetensors is not recognised .* Load LoRA, which"):
        load(load()[0], "b.safetensors", recipe="auto")
    with pytest.raises(ValueError, match=r"a.safetensors is not recognised .* Load LoRA, which"):
        load(load(recipe="auto")[0], "b.safetensors")


# The base of the model, a recipe of another base, and what the refusal says.
OTHER_BASES = [
    ("SD 1.5", "hyper-sd/flux-8step", "is for FLUX.1, and this model is SD 1.5, not a flow"),
    (
        "SD 1.5",
        "hyper-sd/sdxl-1step-unet",
        "SDXL, and this model is SD 1.5, which has other latents",
    ),
    ("SDXL", "lcm/sd15-lora", "is for SD 1.5, and this model is SDXL, which has other latents"),
    ("FLUX.1", "lcm/sd15-lora", "is for SD 1.5, and this model is FLUX.1, not a model with"),
]


@pytest.mark.parametrize(("base", "recipe", "told"), OTHER_BASES)
def test_a_recipe_of_another_kind_of_base_is_refused(base, recipe, told):
    model = narrow.patcher(base)
    for node in (sampled, compared, lambda m, r: FewStepFromRecipe.execute(m, 0, 1.0, r)):
        with pytest.raises(ValueError, match=told) as error:
            node(model, RECIPES[recipe])
        assert str(error.value).endswith(".")
    with pytest.raises(ValueError, match=told):
        scheduled(model, "grid", RECIPES[recipe])


def test_a_recipe_of_another_base_is_refused_by_the_loaders(load, models_folder, load_model):
    with pytest.raises(ValueError, match="is for FLUX.1, and this model is SD 1.5"):
        load(recipe="hyper-sd/flux-8step")
    narrow.write(models_folder, "plain.safetensors", narrow_files.unet("SD 1.5", "diffusers"))
    with pytest.raises(ValueError, match="is for SDXL, and this model is SD 1.5"):
        load_model("plain.safetensors", base="SD 1.5", recipe="hyper-sd/sdxl-1step-unet")


def test_a_recipe_of_another_base_with_the_same_latents_is_a_warning():
    told = sampled(narrow.patcher("SD 1.5"), RECIPES["tcd/sd21-lora"])[1]
    assert "The recipe tcd/sd21-lora is for SD 2.1, and this model is SD 1.5." in told
