"""LoRA files as they are found: damaged, odd in form, for parts of a model, for several GPUs."""

import json
import random
import re

import comfy.model_management
import comfy.sd
import comfy.utils
import narrow
import pytest
import torch
from fewstep.host import folders
from fewstep.recipes import Recipe
from safetensors.torch import save_file
from test_lora import close, folder, load, picture, write  # noqa: F401

DOWN, UP, ALPHA = ".lora_down.weight", ".lora_up.weight", ".alpha"


def tensors_of(base="SD 1.5", keys="kohya", **knobs):
    return {name: tensor.clone() for name, tensor in narrow.lora(base, keys, **knobs).items()}


def modules(tensors):
    return [name.removesuffix(DOWN) for name in tensors if name.endswith(DOWN)]


def refused(load, told, **inputs):  # noqa: F811
    with pytest.raises(ValueError, match=told) as error:
        load(narrow.patcher("SD 1.5"), **inputs)
    assert str(error.value).endswith(".") and "a.safetensors" in str(error.value)


def _other_rank(tensors, module):
    up = tensors[module + UP]
    tensors[module + UP] = torch.ones(up.shape[0], 8, *up.shape[2:])


def _no_rank(tensors, module):
    tensors[module + UP] = tensors[module + UP][:, :0].clone()
    tensors[module + DOWN] = tensors[module + DOWN][:0].clone()


def _put(end, value):
    return lambda tensors, module: tensors.update({module + end: value})


def _spoil(end, value):
    return lambda tensors, module: tensors[module + end].view(-1)[:1].fill_(value)


# What is done to the first layer of a LoRA, and what is said of it.
DAMAGES = {
    "ranks differ": (_other_rank, "have the ranks 8 and 4"),
    "rank 0": (_no_rank, "the ranks 0 and 0"),
    "scalar up": (_put(UP, torch.tensor(1.0)), "its matrices are a single number"),
    "vector alpha": (_put(ALPHA, torch.ones(2)), "its alpha is 2 numbers, not one"),
    "empty alpha": (_put(ALPHA, torch.ones(0)), "its alpha is 0 numbers"),
    "NaN": (_spoil(DOWN, float("nan")), "infinite or none"),
    "infinite": (_spoil(UP, float("inf")), "infinite or none"),
    "NaN alpha": (_put(ALPHA, torch.tensor(float("nan"))), "infinite or none"),
}


@pytest.mark.parametrize("apply", ["merge", "live"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_what_cannot_be_used_is_one_sentence_with_file_and_layer(
    damage,
    apply,
    folder,  # noqa: F811
    load,  # noqa: F811
):
    tensors = tensors_of()
    first = modules(tensors)[0]
    do, told = DAMAGES[damage]
    do(tensors, first)
    narrow.write(folder, "a.safetensors", tensors)
    refused(load, f"{told}.*{first}", apply=apply)


def without(tensors, end, count):
    """Without the tensors of that end of so many layers."""
    gone = {module + end for module in modules(tensors)[:count]}
    return {name: tensor for name, tensor in tensors.items() if name not in gone}


@pytest.mark.parametrize("end", [UP, DOWN])
def test_layers_are_counted_by_what_is_patched(end, folder, load):  # noqa: F811
    narrow.write(folder, "a.safetensors", without(tensors_of(), end, 60))
    refused(load, r"Only 59 of 119 layers of a.safetensors")
    narrow.write(folder, "a.safetensors", without(tensors_of(), end, 5))
    report = load(narrow.patcher("SD 1.5"))[2]
    assert "114 of 119 layers" in report


def test_q_k_and_v_that_are_one_layer_are_counted_one_by_one(folder, load):  # noqa: F811
    tensors = tensors_of("FLUX.1", "transformer")
    gone = [name for name in tensors if "to_q.lora_B" in name]
    narrow.write(folder, "a.safetensors", {n: t for n, t in tensors.items() if n not in gone})
    whole = len({name.split(".lora_")[0] for name in tensors})
    assert gone
    report = load(narrow.patcher("FLUX.1"))[2]
    assert f"{whole - len(gone)} of {whole} layers of FLUX.1" in report


def test_keys_that_the_host_does_not_read_are_no_layers(folder, load):  # noqa: F811
    renamed = {
        name.replace(DOWN, ".lora_A.default").replace(UP, ".lora_B.default"): tensor
        for name, tensor in tensors_of().items()
    }
    narrow.write(folder, "a.safetensors", renamed)
    refused(load, r"Only 0 of 119 layers of a.safetensors")


def test_a_leftover_alpha_is_no_layer(folder, load):  # noqa: F811
    tensors = tensors_of()
    tensors |= {f"lora_unet_left_over_{n}.alpha": torch.tensor(1.0) for n in range(100)}
    narrow.write(folder, "a.safetensors", tensors)
    assert "119 of 119 layers" in load(narrow.patcher("SD 1.5"))[2]


@pytest.mark.parametrize("apply", ["merge", "live"])
def test_layers_of_another_shape_are_left_out_and_named(apply, folder, load):  # noqa: F811
    """A conv_in of 4 channels on a model for inpainting, which has 9."""
    model = narrow.patcher("SD 1.5 inpaint")
    name = "diffusion_model.input_blocks.0.0"
    outputs = comfy.utils.get_attr(model.model, name + ".weight").shape[0]
    module = "lora_unet_input_blocks_0_0"
    tensors = tensors_of()
    tensors |= {module + DOWN: torch.ones(4, 4, 3, 3), module + UP: torch.ones(outputs, 4, 1, 1)}
    narrow.write(folder, "a.safetensors", tensors)
    report = load(model, apply=apply)[2]
    assert f"Layers of another shape than the model's are left out: {name}." in report
    assert "of 119 layers" in report or "of 120 layers" in report


@pytest.mark.parametrize("only", ["resnets", "proj_in"])
def test_flat_matrices_of_convolutions_work_both_ways(only, folder, load):  # noqa: F811
    """3x3 and 1x1."""
    tensors = {name: one for name, one in tensors_of().items() if only in name}
    assert any(tensor.ndim == 4 for tensor in tensors.values())
    flat = {name: one.flatten(1) if one.ndim == 4 else one for name, one in tensors.items()}
    model = narrow.patcher("SD 1.5")
    narrow.write(folder, "a.safetensors", tensors)
    narrow.write(folder, "b.safetensors", flat)
    whole = picture(load(model)[0])
    assert not close(whole, picture(model), 1e-3)
    for apply in ("merge", "live"):
        assert close(picture(load(model, "b.safetensors", apply=apply)[0]), whole, 1e-4)


FORMS = {
    "LoHa": ("hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"),
    "LoKr": ("lokr_w1", "lokr_w2"),
    "diff": ("diff",),
}


def other_form(form):
    """A file with this form for the attentions of the narrow model."""
    generator = torch.Generator().manual_seed(4)
    plain, made = tensors_of(only="attentions"), {}
    for module in modules(plain):
        if "attn" not in module:
            continue
        outputs, inputs = plain[module + UP].shape[0], plain[module + DOWN].shape[1]
        shapes = {
            "hada_w1_a": (outputs, 2),
            "hada_w1_b": (2, inputs),
            "hada_w2_a": (outputs, 2),
            "hada_w2_b": (2, inputs),
            "lokr_w1": (2, 2),
            "lokr_w2": (outputs // 2, inputs // 2),
            "diff": (outputs, inputs),
        }
        for part in FORMS[form]:
            made[f"{module}.{part}"] = 0.2 * torch.randn(*shapes[part], generator=generator)
    return made


@pytest.mark.floor
@pytest.mark.parametrize("form", FORMS)
def test_every_form_that_the_host_knows_is_applied(form, folder, load):  # noqa: F811
    tensors = other_form(form)
    narrow.write(folder, "a.safetensors", tensors)
    model = narrow.patcher("SD 1.5")
    core = picture(comfy.sd.load_lora_for_models(model, None, tensors, 1.0, 0)[0])
    for apply in ("merge", "live", "auto"):
        assert torch.equal(picture(load(model, apply=apply)[0]), core)
    assert not close(core, picture(model), 1e-3)
    assert "have no live form and are merged" in load(model, apply="live")[2]
    with pytest.raises(ValueError, match="whose strength cannot change from step to step"):
        load(model, apply="live", step_strengths="1, 0.5")


def test_what_is_for_the_text_encoder_is_left_out_and_said(folder, load):  # noqa: F811
    tensors = tensors_of()
    for n in ("up", "down"):
        tensors[f"lora_te_text_model_encoder_layers_0_mlp_fc1.lora_{n}.weight"] = torch.ones(4, 4)
    narrow.write(folder, "a.safetensors", tensors)
    report = load(narrow.patcher("SD 1.5"))[2]
    assert "1 layers for the text encoder are left out" in report and "119 of 119" in report


def test_the_alpha_in_the_metadata_counts(folder, load):  # noqa: F811
    """As diffusers and PEFT save it."""
    plain = tensors_of("FLUX.1", "transformer")
    assert not any(name.endswith(ALPHA) for name in plain)
    narrow.write(folder, "a.safetensors", plain)
    settings = {"transformer.r": 4, "transformer.lora_alpha": 2}
    metadata = {"format": "pt", "lora_adapter_metadata": json.dumps(settings)}
    save_file(plain, folder / "b.safetensors", metadata)
    model = narrow.patcher("FLUX.1")
    half = picture(load(model, strength=0.5)[0], "FLUX.1")
    assert close(picture(load(model, "b.safetensors")[0], "FLUX.1"), half, 1e-5)
    assert not close(picture(load(model)[0], "FLUX.1"), half, 1e-3)


def test_layers_that_a_recipe_says_may_be_missing_are_left_out(
    folder,  # noqa: F811
    load,  # noqa: F811
    monkeypatch,
):
    """As the image branch that Wan 2.2 does not have."""
    extra = {
        f"lora_unet_blocks_{n}_cross_attn_k_img.lora_{m}.weight": torch.ones(4, 4)
        for n in range(40)
        for m in ("up", "down")
    }
    narrow.write(folder, "a.safetensors", tensors_of() | extra)
    refused(load, r"Only 119 of 159 layers")
    catalog = folders.catalog()
    known = json.loads(catalog.recipes["tcd/sd15-lora"].to_json())
    known |= {"id": "mine/part", "files": [{"name": "a", "optional": "cross_attn[._]k_img"}]}
    catalog.recipes["mine/part"] = Recipe.from_json(known)
    monkeypatch.setattr(folders, "catalog", lambda: catalog)
    for apply in ("merge", "live"):
        report = load(narrow.patcher("SD 1.5"), recipe="mine/part", apply=apply)[2]
        assert "119 of 119 layers" in report and "40 layers of the file are for another" in report


def other_instance(patcher):
    """The same patches on a copy of the model, as for a second GPU."""
    network = narrow.model_of("SD 1.5")
    network.load_state_dict(patcher.model.state_dict())
    return patcher.clone(model_override=(network, ({}, {}, {}, set())))


def hooks(patcher):
    return sum("forward" in module.__dict__ for module in patcher.model.modules())


@pytest.mark.floor
def test_each_instance_of_a_model_has_its_own_live_layers(folder, load):  # noqa: F811
    write(folder)
    model = narrow.patcher("SD 1.5")
    merged, plain = picture(load(model)[0]), picture(model)
    live = load(model, apply="live")[0]
    second = other_instance(live)
    for first, other in ((live, second), (second, live)):
        first.inject_model()
        other.inject_model()
        first.eject_model()
        assert hooks(first) == 0 and hooks(other) == 119
        other.eject_model()
        assert hooks(other) == 0
    assert close(picture(live), merged) and close(picture(second), merged)
    assert torch.equal(picture(model), plain)


def kept(patcher):
    """Layers that keep matrices of a LoRA."""
    modules = patcher.model.modules()
    return sum(bool(module.__dict__.get("_fewstep_matrices")) for module in modules)


@pytest.mark.floor
def test_the_copies_of_a_live_lora_go_when_room_is_made(folder, load):  # noqa: F811
    write(folder)
    live = load(narrow.patcher("SD 1.5"), apply="live")[0]
    picture(live)
    assert kept(live) == 119
    live.detach()
    assert kept(live) == 0


@pytest.mark.floor
def test_the_host_makes_room_for_a_live_lora(folder, load):  # noqa: F811
    """Counted is what lies on the device after a picture; at any strength, and in each clone."""
    write(folder)
    model = narrow.patcher("SD 1.5")
    merged, (live, _, report) = load(model)[0], load(model, apply="live")
    picture(live)
    on_layers = sum(
        matrix.nbytes
        for layer in live.model.modules()
        for matrices in layer.__dict__.get("_fewstep_matrices", {}).values()
        for matrix in matrices
    )
    assert on_layers > 0 and merged.model_size() == model.model_size()
    for strength in (1.0, 0.3):
        other = load(model, apply="live", strength=strength)[0].clone()
        assert other.model_size() - model.model_size() == on_layers
        asked = comfy.model_management.LoadedModel(other).model_memory()
        assert asked == other.model_size()
    assert f"live keeps {on_layers / 2**20:.0f} MB of the LoRA" in report


def _seamless(layer):
    def wrapped(x, weight, bias):
        x = torch.nn.functional.pad(x, (1, 1, 1, 1), mode="circular")
        return torch.nn.functional.conv2d(x, weight, bias, layer.stride, 0)

    layer._conv_forward = wrapped


def _circular(layer):
    layer.padding_mode = "circular"
    layer._reversed_padding_repeated_twice = [1, 1, 1, 1]


@pytest.mark.parametrize("patch", [_seamless, _circular])
def test_live_goes_through_the_layer_s_own_convolution(patch, folder, load):  # noqa: F811
    """Packs for seamless tiling change what is below forward."""
    write(folder)
    model = narrow.patcher("SD 1.5")
    every = [m for m in model.model.modules() if isinstance(m, torch.nn.Conv2d)]
    wide = [layer for layer in every if layer.kernel_size == (3, 3)]
    plain = picture(load(model)[0])
    try:
        for layer in wide:
            patch(layer)
        merged, live = picture(load(model)[0]), picture(load(model, apply="live")[0])
    finally:
        for layer in wide:
            layer.padding_mode = "zeros"
            layer.__dict__.pop("_conv_forward", None)
    assert not close(merged, plain, 1e-2)
    assert close(live, merged, 1e-4)


def test_saving_a_model_with_a_live_lora_warns(folder, load, tmp_path, caplog):  # noqa: F811
    """The host saves the weights as they are; it has no way to object."""
    write(folder)
    model = narrow.patcher("SD 1.5")
    for apply, warns in (("merge", False), ("live", True)):
        loaded = load(model, apply=apply)[0]
        caplog.clear()
        comfy.sd.save_checkpoint(str(tmp_path / f"{apply}.safetensors"), loaded)
        assert ("A live LoRA is not part of the weights" in caplog.text) is warns
    caplog.clear()
    picture(load(model, apply="live")[0])
    assert "live LoRA" not in caplog.text


def _spoiled(seed):
    """A LoRA with some random things done to it, as files from elsewhere have them."""
    chance = random.Random(seed)
    tensors = tensors_of(keys=chance.choice(narrow.KEYS[:4]))
    names = list(tensors)
    for _ in range(chance.randint(1, 4)):
        name = chance.choice(names)
        if name not in tensors:
            continue
        tensor = tensors[name]
        match chance.randrange(9):
            case 0:
                del tensors[name]
            case 1:
                tensors[name] = tensor.to(chance.choice([torch.bfloat16, torch.float16]))
            case 2:
                tensors[name] = tensor.flatten()
            case 3:
                tensors[name] = tensor[:1].clone() if tensor.ndim else tensor
            case 4:
                tensors[name] = torch.zeros(0, *tensor.shape[1:])
            case 5:
                tensors[name] = tensor * float("nan")
            case 6:
                tensors[name] = tensor.unsqueeze(-1).expand(*tensor.shape, 2).contiguous()
            case 7:
                tensors[f"text_model.{name}"] = tensor.clone()
            case 8:
                tensors[name] = (tensor * 100).to(torch.int32)
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


@pytest.mark.parametrize("seed", range(48))
def test_whatever_is_in_a_file_it_is_a_sentence_or_the_same_picture_both_ways(
    seed,
    folder,  # noqa: F811
    load,  # noqa: F811
):
    model = narrow.patcher("SD 1.5")
    narrow.write(folder, "a.safetensors", _spoiled(seed))
    try:
        merged = load(model)[0]
    except ValueError as error:
        assert str(error).endswith(".") and "\n" not in str(error)
        with pytest.raises(ValueError, match=re.escape(str(error))):
            load(model, apply="live")
        return
    made = picture(merged, steps=1)
    assert torch.isfinite(made).all()
    assert close(picture(load(model, apply="live")[0], steps=1), made)
