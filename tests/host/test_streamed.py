"""live where the host streams weights in for each call: --lowvram, --novram, dynamic VRAM."""

import comfy.model_patcher
import narrow
import pytest
from fewstep.host.lora.product import Product
from test_lora import close, folder, load, picture, write  # noqa: F401

pytestmark = pytest.mark.floor


def _no_room(monkeypatch, _model):
    """All weights stay where they are, and patches are made for the call."""
    whole = comfy.model_patcher.ModelPatcher.partially_load

    def none(self, device_to, _memory=0, force_patch_weights=False):
        return whole(self, device_to, 0.1, force_patch_weights)

    monkeypatch.setattr(comfy.model_patcher.ModelPatcher, "partially_load", none)


def _dynamic(monkeypatch, model):
    """As ComfyUI 0.30 marks layers with dynamic VRAM; on a CPU it copies the weight then."""
    for layer in model.model.modules():
        if getattr(layer, "weight", None) is not None and hasattr(layer, "comfy_cast_weights"):
            monkeypatch.setattr(layer, "_v", object(), raising=False)
            monkeypatch.setattr(layer, "comfy_cast_weights", True)


def _changed_by_others(monkeypatch, model):
    """A patch of another node that is made for each call."""
    for layer in model.model.modules():
        if getattr(layer, "weight", None) is not None and hasattr(layer, "weight_function"):
            monkeypatch.setattr(layer, "weight_function", [lambda weight: weight * 0.97])


def own(base):
    """A model that no other test has."""
    shared = narrow.patcher(base)
    network = narrow.model_of(base)
    network.load_state_dict(shared.model.state_dict())
    return comfy.model_patcher.ModelPatcher(network, shared.load_device, shared.offload_device)


WAYS = {"no room": _no_room, "dynamic": _dynamic, "changed by others": _changed_by_others}


def counted(monkeypatch):
    """Counts how often weight and LoRA are summed, which is the quick way for many pixels."""
    whole, calls = Product.added_to, []

    def added_to(self, *args):
        calls.append(self)
        return whole(self, *args)

    monkeypatch.setattr(Product, "added_to", added_to)
    return calls


@pytest.mark.parametrize("base", ["SD 1.5", "FLUX.1"])
@pytest.mark.parametrize("way", WAYS)
def test_live_is_right_and_quick_where_weights_are_streamed(
    way,
    base,
    folder,  # noqa: F811
    load,  # noqa: F811
    monkeypatch,
):
    write(folder, base, "kohya" if base == "SD 1.5" else "transformer")
    model = own(base)
    sums = counted(monkeypatch)
    picture(load(model, apply="live")[0], base)
    at_rest = len(sums)
    WAYS[way](monkeypatch, model)
    merged, plain = picture(load(model)[0], base), picture(model, base)
    sums.clear()
    live = picture(load(model, apply="live")[0], base)
    # What FLUX holds as one layer and the file as three is added to the output.
    assert len(sums) == at_rest and (at_rest or base == "FLUX.1")
    assert close(live, merged, 2e-5)
    assert not close(plain, merged, 1e-2)


def test_live_stands_on_a_merged_lora_that_is_streamed(
    folder,  # noqa: F811
    load,  # noqa: F811
    monkeypatch,
):
    """Patches of weights that stay where they are belong to the call, and live adds to them."""
    write(folder)
    model = own("SD 1.5")
    style = model.clone()
    style.add_patches(load(model)[0].patches and _patches(load(model)[0]), 0.5)
    both = picture(load(style)[0])
    _no_room(monkeypatch, model)
    assert close(picture(load(style, apply="live")[0]), both, 2e-5)


def _patches(model):
    return {name: of_weight[0][1] for name, of_weight in model.patches.items()}


@pytest.mark.parametrize("apply", ["merge", "live"])
def test_weights_in_half_precision_are_cast_for_the_sum(
    apply,
    folder,  # noqa: F811
    load,  # noqa: F811
):
    write(folder)
    model = own("SD 1.5")
    for weight in model.model.parameters():
        weight.data = weight.data.half().float()
    exact = picture(load(model, apply="live")[0])
    for layer in model.model.modules():
        if getattr(layer, "weight", None) is not None and hasattr(layer, "comfy_cast_weights"):
            layer.comfy_cast_weights = True
            layer.weight.data = layer.weight.data.half()
    found = picture(load(model, apply=apply)[0])
    # A merge rounds the sum to half precision; live does not.
    assert close(found, exact, 2e-5) is (apply == "live")
