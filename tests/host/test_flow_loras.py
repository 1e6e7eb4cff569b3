"""LoRAs for today's flow and video models, in every form that is published for them."""

import comfy.lora
import comfy.lora_convert
import comfy.sample
import comfy.sd
import narrow
import narrow_flow
import pytest
import torch
from test_lora import folder, load  # noqa: F401

# What a file's module names begin with: ComfyUI's and LightX2V's, musubi's and kohya's, diffusers'.
_NATIVE, _KOHYA, _DIFFUSERS, _BARE = "diffusion_model.", "lora_unet_", "transformer.", ""
FORMS = [
    *((family, _NATIVE) for family in narrow_flow.FAMILIES),
    *((family, _KOHYA) for family in narrow_flow.FAMILIES),
    *((family, _DIFFUSERS) for family in ("Qwen-Image", "Z-Image", "Krea 2", "FLUX.2", "Ernie")),
    *((family, _BARE) for family in ("Qwen-Image", "LTX-2")),
]


def targets(family, prefix):
    """Modules that the host knows under names with this beginning, each layer once."""
    network = narrow_flow.patcher(family).model
    found = comfy.lora.model_lora_keys_unet(network, {})
    weights = network.state_dict()
    by_layer = {}
    for module, target in found.items():
        name = target if isinstance(target, str) else target[0]
        # The host's lists have names that narrower models do without.
        known = name in weights and weights[name].ndim > 1 and "embed_tokens" not in name
        if not known or not module.startswith(prefix):
            continue
        if prefix == _BARE and module.startswith(("diffusion_model.", "transformer.", "l", "u")):
            continue
        by_layer.setdefault(str(target), (module, target, weights[name].shape))
    return [*by_layer.values()]


def lora(family, prefix, rank=4, extras=False):
    """A LoRA for all of them; with `extras` also what LightX2V adds to norms and biases."""
    generator = torch.Generator().manual_seed(3)
    tensors = {}
    for module, target, shape in targets(family, prefix):
        cut = None if isinstance(target, str) else target[1]
        outputs = cut[2] if cut else shape[0]
        inputs, kernel = shape[1], shape[2:]
        down = torch.randn(rank, inputs, *kernel, generator=generator) * inputs**-0.5
        up = torch.randn(outputs, rank, *[1] * len(kernel), generator=generator) * 0.3
        if prefix in (_DIFFUSERS, _BARE):
            tensors |= {f"{module}.lora_A.weight": down, f"{module}.lora_B.weight": up}
        else:
            tensors |= {f"{module}.lora_down.weight": down, f"{module}.lora_up.weight": up}
            tensors[f"{module}.alpha"] = torch.tensor(float(rank))
    if extras:
        weights = narrow_flow.patcher(family).model.state_dict()
        for name, weight in weights.items():
            if weight.ndim == 1 and name.startswith("diffusion_model.blocks."):
                end = ".diff_b" if name.endswith(".bias") else ".diff"
                module = name.removesuffix(".bias").removesuffix(".weight")
                tensors[module + end] = 0.2 * torch.randn(weight.shape, generator=generator)
    return tensors


def picture(model, family):
    latent, given = narrow_flow.latent(family), narrow_flow.conditioning(family)
    noise = comfy.sample.prepare_noise(latent, 3)
    found = comfy.sample.sample(
        model, noise, 1, 1.0, "euler", "simple", given, given, latent, disable_pbar=True, seed=3
    )
    parts = found.unbind() if getattr(found, "is_nested", False) else [found]
    return torch.cat([part.flatten() for part in parts])


def close(first, second, tolerance):
    return float((first - second).abs().max()) < tolerance * float(second.abs().max())


def cores(model, tensors):
    tensors = comfy.lora_convert.convert_lora(dict(tensors))
    return comfy.sd.load_lora_for_models(model, None, tensors, 0.8, 0)[0]


def check(family, tensors, folder, load):  # noqa: F811
    narrow.write(folder, "a.safetensors", tensors)
    model = narrow_flow.patcher(family)
    plain, core = picture(model, family), picture(cores(model, tensors), family)
    merged, _, report = load(model, strength=0.8)
    live = load(model, strength=0.8, apply="live")[0]
    assert not close(core, plain, 0.02)
    assert close(picture(merged, family), core, 1e-5)
    assert close(picture(live, family), core, 1e-4)
    assert torch.equal(picture(model, family), plain)
    return report


@pytest.mark.parametrize(("family", "prefix"), FORMS)
def test_a_lora_is_core_s_in_merge_and_live(family, prefix, folder, load):  # noqa: F811
    tensors = lora(family, prefix)
    assert tensors, "the host knows no such names"
    count = len(targets(family, prefix))
    assert f"{count} of {count} layers" in check(family, tensors, folder, load)


@pytest.mark.parametrize("family", ["Wan 2.2 T2V", "Wan 2.1 I2V"])
def test_what_lightx2v_adds_to_norms_and_biases_is_merged_beside_live(
    family,
    folder,  # noqa: F811
    load,  # noqa: F811
):
    check(family, lora(family, _NATIVE, extras=True), folder, load)
