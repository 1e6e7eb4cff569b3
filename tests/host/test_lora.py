"""The acceleration-LoRA loader on narrow models of the host: merged, live, stacked and refused."""

import logging

import comfy.model_management
import comfy.model_patcher
import comfy.sd
import folder_paths
import narrow
import pytest
import torch
from fewstep.host.folders import lora_names
from fewstep.nodes.lora_loader import FewStepLoraLoader

pytestmark = pytest.mark.floor
FORMS = [
    *((base, keys) for base in ("SD 1.5", "SDXL") for keys in narrow.KEYS[:4]),
    ("FLUX.1", "transformer"),
    ("FLUX.1", "peft"),
]
TOLERANCE = 1e-3


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder of LoRAs and an empty user directory."""
    loras = tmp_path / "loras"
    loras.mkdir()
    monkeypatch.setitem(
        folder_paths.folder_names_and_paths, "loras", ([str(loras)], {".safetensors", ".pt"})
    )
    monkeypatch.setattr(folder_paths, "filename_list_cache", {})
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path / "user"))
    return loras


@pytest.fixture
def load(folder):
    """Call with a model and the loader's inputs: (model, recipe, report)."""

    def run(model, name="a.safetensors", **inputs):
        given = {"strength": 1.0, "recipe": "auto", "apply": "merge", "step_strengths": ""}
        return FewStepLoraLoader.execute(model, name, **{**given, **inputs}).result

    return run


def write(folder, base="SD 1.5", keys="kohya", name="a.safetensors", **knobs):
    narrow.write(folder, name, narrow.lora(base, keys, **knobs))


def picture(model, base="SD 1.5", steps=2, **knobs):
    return narrow.sampled(model, base, narrow.sigmas_of(model, steps), **knobs)


def close(first, second, tolerance=TOLERANCE):
    return float((first - second).abs().max()) < tolerance * float(second.abs().max())


def is_untouched(model):
    """Whether no layer calls anything but its own forward."""
    for module in model.model.modules():
        forward = module.__dict__.get("forward")
        if forward is not None and forward.__func__ is not type(module).forward:
            return False
    return True


@pytest.mark.floor(keys="kohya")
@pytest.mark.floor(base="SD 1.5", keys="peft")
@pytest.mark.floor(base="FLUX.1", keys="transformer")
@pytest.mark.parametrize(("base", "keys"), FORMS)
def test_merge_and_live_make_the_same_picture_to_1e_3(base, keys, folder, load, largest, caplog):
    write(folder, base, keys)
    model = narrow.patcher(base)
    plain = picture(model, base)
    with caplog.at_level(logging.WARNING):
        merged = picture(load(model)[0], base)
        live = picture(load(model, apply="live")[0], base)
    assert not close(merged, plain, 0.05)
    assert largest("live against merged", float((live - merged).abs().max() / merged.abs().max()))
    assert close(live, merged)
    assert not [record for record in caplog.records if "not loaded" in record.getMessage()]
    assert torch.equal(picture(model, base), plain)
    assert is_untouched(model)


def test_merge_is_core_s_loader_bit_for_bit(folder, load):
    write(folder)
    tensors = narrow.lora("SD 1.5", "kohya")
    model = narrow.patcher("SD 1.5")
    core, _ = comfy.sd.load_lora_for_models(model, None, tensors, 0.7, 0)
    assert torch.equal(picture(load(model, strength=0.7)[0]), picture(core))


@pytest.mark.parametrize("apply", ["merge", "live"])
def test_strength_0_is_no_lora_bit_for_bit(apply, folder, load):
    write(folder)
    model = narrow.patcher("SD 1.5")
    assert torch.equal(picture(load(model, strength=0.0, apply=apply)[0]), picture(model))


def test_another_strength_in_live_patches_no_weight(folder, load, monkeypatch):
    write(folder)
    write(folder, name="style.safetensors", seed=2)
    model = narrow.patcher("SD 1.5")
    style = narrow.lora("SD 1.5", "kohya", seed=2)
    model, _ = comfy.sd.load_lora_for_models(model, None, style, 0.5, 0)
    first = picture(load(model, apply="live")[0])
    patched = []
    for method in ("patch_weight_to_device", "unpatch_model"):
        original = getattr(comfy.model_patcher.ModelPatcher, method)

        def counted(self, *args, original=original, method=method, **kwargs):
            if method != "unpatch_model" or kwargs.get("unpatch_weights", True):
                patched.append(method)
            return original(self, *args, **kwargs)

        monkeypatch.setattr(comfy.model_patcher.ModelPatcher, method, counted)
    second = picture(load(model, apply="live", strength=0.5)[0])
    listed = picture(load(model, apply="live", step_strengths="1, 0.5")[0])
    assert not patched
    assert not close(first, second) and not close(first, listed)
    picture(load(model, strength=0.5)[0])
    assert "patch_weight_to_device" in patched


def _stages(with_lora, without, sigmas, cut, **knobs):
    """A graph of two samplers: the first steps with the LoRA, the others without."""
    half = narrow.sampled(with_lora, "SD 1.5", sigmas[: cut + 1], **knobs)
    return narrow.sampled(without, "SD 1.5", sigmas[cut:], **{**knobs, "latent": half}, noise=False)


@pytest.mark.floor(steps=2, cfg=4.0)
@pytest.mark.floor(steps=4, cfg=1.0)
@pytest.mark.parametrize("cfg", [1.0, 4.0])
@pytest.mark.parametrize(("steps", "strengths", "cut"), [(2, "1, 0", 1), (4, "1,1,1,0", 3)])
def test_strengths_1_0_are_two_stages_with_and_without(steps, strengths, cut, cfg, folder, load):
    write(folder)
    model = narrow.patcher("SD 1.5")
    sigmas = narrow.sigmas_of(model, steps)
    listed = load(model, apply="live", step_strengths=strengths)[0]
    whole = narrow.sampled(listed, "SD 1.5", sigmas, cfg=cfg)
    staged = _stages(load(model)[0], model, sigmas, cut, cfg=cfg)
    assert close(whole, staged)
    assert not close(whole, narrow.sampled(load(model)[0], "SD 1.5", sigmas, cfg=cfg))


@pytest.mark.floor(start=1)
@pytest.mark.parametrize("start", [1, 2, 3])
def test_steps_count_from_where_a_sampler_begins(start, folder, load):
    """Image to image and the second half of split SIGMAS: both are sigmas that begin lower."""
    write(folder)
    model = narrow.patcher("SD 1.5")
    sigmas = narrow.sigmas_of(model, 4)[start:]
    latent = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(6))
    listed = load(model, apply="live", step_strengths="1, 0")[0]
    whole = narrow.sampled(listed, "SD 1.5", sigmas, latent=latent)
    staged = _stages(load(model)[0], model, sigmas, 1, latent=latent)
    alone = narrow.sampled(load(model)[0], "SD 1.5", sigmas, latent=latent)
    assert close(whole, staged if start < 3 else alone)


def test_the_last_of_the_strengths_repeats_and_each_is_times_the_slider(folder, load):
    write(folder)
    model = narrow.patcher("SD 1.5")
    listed = load(model, apply="live", strength=0.5, step_strengths="1")[0]
    assert close(picture(listed, steps=4), picture(load(model, strength=0.5)[0], steps=4))


@pytest.mark.parametrize("apply", ["merge", "live"])
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("bypass", [True, False], ids=["core's bypass", "core's merge"])
def test_a_style_lora_stacks_before_and_after(bypass, before, apply, folder, load):
    write(folder)
    style = narrow.lora("SD 1.5", "kohya", seed=2)
    model = narrow.patcher("SD 1.5")
    plain = picture(model)
    add = comfy.sd.load_bypass_lora_for_models if bypass else comfy.sd.load_lora_for_models
    expected = comfy.sd.load_lora_for_models(model, None, style, 0.8, 0)[0]
    expected = comfy.sd.load_lora_for_models(
        expected, None, narrow.lora("SD 1.5", "kohya"), 1.0, 0
    )[0]
    if before:
        both = load(add(model, None, style, 0.8, 0)[0], apply=apply)[0]
    else:
        both = add(load(model, apply=apply)[0], None, style, 0.8, 0)[0]
    assert close(picture(both), picture(expected))
    # Nothing of ours acts on in a model the host has taken back, whatever the order.
    assert torch.equal(picture(model), plain)
    assert is_untouched(model)


def test_the_slider_of_hyper_flux_at_1_is_an_eighth_of_the_file(folder, load):
    write(folder, "FLUX.1", "transformer")
    model = narrow.patcher("FLUX.1")
    hyper, recipe, report = load(model, recipe="hyper-sd/flux-8step")
    eighth = load(model, strength=0.125)[0]
    assert torch.equal(picture(hyper, "FLUX.1"), picture(eighth, "FLUX.1"))
    assert recipe.strength == 0.125
    assert "strength 1, which is 0.125 of the file's full weight" in report


def test_the_input_model_is_never_changed(folder, load):
    write(folder)
    model = narrow.patcher("SD 1.5")
    for apply in ("merge", "live"):
        load(model, apply=apply)
    kept = (model.patches, model.injections, model.attachments, model.callbacks, model.wrappers)
    assert not any(kept)


def test_the_report_says_what_was_loaded(folder, load):
    write(folder)
    report = load(narrow.patcher("SD 1.5"), apply="live", strength=0.5)[2]
    assert "a.safetensors: not recognised (a LoRA for SD 1.5, no known accelerator)" in report
    assert "119 of 119 layers of SD 1.5, rank 4, live" in report
    assert "\nstrength 0.5\n" in report
    assert "No settings are passed on" in report


def test_a_recipe_by_hand_goes_out_with_the_model(folder, load):
    write(folder)
    _, recipe, report = load(narrow.patcher("SD 1.5"), recipe="tcd/sd15-lora")
    assert recipe.id == "tcd/sd15-lora"
    assert "recipe tcd/sd15-lora, chosen by hand" in report and "gamma 0.3" in report


def test_a_recipe_for_another_base_is_told(folder, load):
    write(folder)
    report = load(narrow.patcher("SD 1.5"), recipe="tcd/sd21-lora")[2]
    assert report.count("SD 2.1, and the file is for SD 1.5.") == 1


def refused(load, folder, told, base="SD 1.5", lora_base=None, **inputs):
    model = inputs.pop("model", narrow.patcher(base))
    with pytest.raises(ValueError, match=told) as error:
        load(model, **inputs)
    assert str(error.value).endswith(".")


def test_a_lora_for_another_base_is_refused(folder, load):
    write(folder, "SDXL")
    refused(load, folder, "a.safetensors is for SDXL, and this model is SD 1.5. Load a checkpoint")
    write(folder)
    refused(load, folder, "is for SD 1.5, and this model is SDXL", base="SDXL")


def test_shapes_that_do_not_fit_are_refused_where_the_base_cannot_be_told(folder, load):
    tensors = narrow.lora("SD 1.5", "kohya", only="resnets")
    wrong = {name: torch.cat([t, t]) if "lora_up" in name else t for name, t in tensors.items()}
    narrow.write(folder, "a.safetensors", wrong)
    refused(load, folder, r"layers have another shape, such as diffusion_model\.")


def test_too_few_keys_are_refused(folder, load):
    tensors = narrow.lora("SD 1.5", "kohya", only="attentions")
    strange = {name.replace("lora_unet_up", "lora_unet_over"): t for name, t in tensors.items()}
    narrow.write(folder, "a.safetensors", strange)
    refused(load, folder, r"Only \d+ of \d+ layers of a.safetensors are in this model \(SD 1.5\)")


@pytest.mark.parametrize("apply", ["merge", "live"])
def test_a_second_accelerator_is_refused(apply, folder, load):
    write(folder)
    model = load(narrow.patcher("SD 1.5"), recipe="lcm/sd15-lora", apply=apply)[0]
    told = r"already has the accelerator lcm/sd15-lora \(a.safetensors\)"
    second = {"recipe": "tcd/sd15-lora"}
    refused(load, folder, told, model=model, **second)
    refused(load, folder, told, model=model.clone(), apply="live", **second)


def test_files_that_are_no_lora_are_refused(folder, load):
    narrow.write(folder, "a.safetensors", {"weight": torch.ones(2, 2)})
    refused(load, folder, "is a file of no known kind, not a LoRA")
    te = {
        f"lora_te_text_model_encoder_layers_0_mlp_fc1.lora_{n}.weight": torch.ones(4, 4)
        for n in ("up", "down")
    }
    narrow.write(folder, "a.safetensors", te)
    refused(load, folder, "is a LoRA for the text encoder alone")
    (folder / "a.safetensors").write_bytes(b"")
    refused(load, folder, "The file is empty")
    refused(load, folder, "There is no file b.safetensors", name="b.safetensors")


def test_a_torch_file_of_tensors_is_loaded_and_one_with_code_is_refused(folder, load):
    torch.save(narrow.lora("SD 1.5", "kohya"), folder / "a.pt")
    write(folder)
    model = narrow.patcher("SD 1.5")
    merged = picture(load(model, "a.pt")[0])
    assert torch.equal(merged, picture(load(model)[0]))
    torch.save({"a": torch.nn.Linear(2, 2)}, folder / "b.pt")
    refused(load, folder, "b.pt cannot be read safely", name="b.pt")


def test_safetensors_come_first_in_the_list(folder):
    torch.save({}, folder / "a.pt")
    write(folder, name="z.safetensors")
    assert lora_names() == ["z.safetensors", "a.pt"]


def test_step_strengths_are_refused_where_they_have_no_effect(folder, load):
    write(folder)
    refused(load, folder, "step_strengths needs apply = live", step_strengths="1, 0")
    told = '"x" is not a strength. Write one number a step'
    refused(load, folder, told, step_strengths="1, x", apply="live")


def test_what_has_no_live_form_is_merged_and_counted(folder, load):
    tensors = narrow.lora("SD 1.5", "kohya")
    shape = narrow.patcher("SD 1.5").model.state_dict()["diffusion_model.out.0.weight"].shape
    tensors["diffusion_model.out.0.diff"] = torch.full(shape, 0.5)
    narrow.write(folder, "a.safetensors", tensors)
    model = narrow.patcher("SD 1.5")
    live, _, report = load(model, apply="live")
    assert "120 of 120 layers of SD 1.5, rank 4, live; 1 of them have no live form" in report
    assert close(picture(live), picture(load(model)[0]))


def test_unloading_a_live_model_leaves_it_as_it_was(folder, load):
    write(folder)
    model = narrow.patcher("SD 1.5")
    live = load(model, apply="live")[0]
    before = picture(live)
    comfy.model_management.unload_all_models()
    assert is_untouched(model)
    assert torch.equal(picture(live), before)
