"""The LoRA that a run gives: its file, what it says of itself, and what it began from."""

import comfy.lora
import comfy.sd
import comfy.utils
import folder_paths
import narrow
import pytest
import torch
from fewstep.host.accelerator import accelerator_of
from fewstep.host.lora.load import load_lora
from fewstep.host.training.asked import Given
from fewstep.host.training.blocks import layers_of
from fewstep.host.training.saving import save_accelerator
from safetensors import safe_open
from safetensors.torch import save_file
from training_runs import BASES, loaded, output, paths, run

pytestmark = [pytest.mark.floor, pytest.mark.usefixtures("training_folder")]


@pytest.mark.parametrize("base", BASES)
def test_the_file_is_what_was_trained(base, training_folder):
    """Core matches every key, our loader finds the recipe, and both draw as the node's MODEL."""
    model = loaded(base)
    made = run(model, base, Given(paths=paths(model, base)), learning_rate=1e-2)
    name = save_accelerator(made.lora, made.recipe, "made/mine", "for me")
    assert name == "made/mine-001.safetensors" and name in folder_paths.get_filename_list("loras")
    tensors = comfy.utils.load_torch_file(str(training_folder / "loras" / name))
    keys = comfy.lora.model_lora_keys_unet(model.model, {})
    patches = comfy.lora.load_lora(dict(tensors), keys)
    assert len(patches) * 3 == len(tensors) and len(patches) == len(layers_of(model.model))
    for module in {key.rsplit(".lora_", 1)[0] for key in tensors if ".lora_" in key}:
        assert float(tensors[f"{module}.alpha"]) == len(tensors[f"{module}.lora_down.weight"])
    core, _ = comfy.sd.load_lora_for_models(model, None, tensors, 1.0, 0.0)
    ours = load_lora(model, name, 1.0, "auto", "merge", [])
    assert ours.recipe.id == "made/mine" and "its own metadata" in ours.report
    expected = output(made.model, base)
    assert torch.equal(output(core, base), expected)
    assert torch.equal(output(ours.model, base), expected)
    assert accelerator_of(made.model).recipe == made.recipe


def test_the_file_says_how_it_was_made_and_none_is_written_over(training_folder):

    model = loaded("SD 1.5")
    made = run(model, "SD 1.5", Given(paths=paths(model, "SD 1.5")), target_steps=0)
    names = [save_accelerator(made.lora, made.recipe, "mine", "") for _ in range(2)]
    assert names == ["mine-001.safetensors", "mine-002.safetensors"]
    with safe_open(training_folder / "loras" / names[1], "pt") as file:
        told = file.metadata()
    assert told["fewstep.recipe"] == "made/mine" and told["fewstep.method"] == "trajectory"
    assert told["fewstep.target_steps"] == "unified" and "unified" in made.recipe.name
    assert (made.recipe.steps.low, made.recipe.steps.high) == (1, 8)
    for field in ("teacher", "cfg", "timesteps", "seed", "steps", "start", "start_licence"):
        assert f"fewstep.{field}" in told, field
    for prefix in ("../outside", "x" * 300, "a:b", "made/con", "a\0b", "/outside"):
        with pytest.raises(ValueError, match="filename_prefix"):
            save_accelerator(made.lora, made.recipe, prefix, "")
    assert [*training_folder.glob("*.safetensors")] == []


def test_a_start_keeps_its_recipe_and_licence(training_folder):
    """A LoRA that is repaired samples as before, and its licence carries over."""
    model = loaded("SD 1.5")
    tensors = narrow.lora("SD 1.5", "kohya")
    save_file(
        tensors, training_folder / "loras" / "old.safetensors", {"fewstep.recipe": "tcd/sd15-lora"}
    )
    made = run(model, "SD 1.5", start_lora="old.safetensors", method="repair")
    assert made.recipe.sampler == "tcd" and made.recipe.licence == "MIT"
    assert "MIT" in made.report and made.lora.provenance["start_recipe"] == "tcd/sd15-lora"
    # alpha 2 of rank 4, folded in: what is trained begins as the file at strength 1.
    unchanged = run(
        model,
        "SD 1.5",
        start_lora="old.safetensors",
        method="repair",
        name="still",
        steps=1,
        learning_rate=1e-7,
    )
    was = comfy.sd.load_lora_for_models(model, None, dict(tensors), 1.0, 0.0)[0]
    expected = output(was, "SD 1.5")
    close = (output(unchanged.model, "SD 1.5") - expected).abs().max()
    assert close < 2e-3 * expected.abs().max()
    assert {key for key in made.lora if "lora_" in key} == {key for key in tensors}


def test_stages_chain():
    model = loaded("SD 1.5")
    given = Given(paths=paths(model, "SD 1.5"))
    first = run(model, "SD 1.5", given, name="first")
    second = run(model, "SD 1.5", Given(start=first.lora), method="score", name="second")
    assert second.lora.provenance["start"] == "first"
    assert second.recipe.id == "made/second"
    both = run(model, "SD 1.5", given._replace(start=first.lora), method="repair", name="both")
    assert len(both.losses) == 3


@pytest.mark.parametrize("base", ["SD3", "FLUX.1"])
def test_a_start_in_diffusers_words_is_gone_on_from(base, training_folder):
    """Diffusers has the outputs of these models' last norms in another order."""
    model = loaded(base)
    tensors = narrow.lora(base, "transformer")
    save_file(tensors, training_folder / "loras" / "old.safetensors")
    made = run(
        model, base, start_lora="old.safetensors", method="score", steps=1, learning_rate=1e-7
    )
    was = comfy.sd.load_lora_for_models(model, None, dict(tensors), 1.0, 0.0)[0]
    expected = output(was, base)
    close = (output(made.model, base) - expected).abs().max()
    assert close < 2e-3 * expected.abs().max()
    assert (output(model, base) - expected).abs().max() > 10 * close
