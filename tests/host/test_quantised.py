"""LoRAs on models whose weights are quantised: merged as core does, live to the last digits."""

import comfy.sd
import narrow
import pytest
import quantised
import torch
from floor import IS_NEWEST
from test_lora import folder, load, picture, write  # noqa: F401

# The formats are the newest host's.
FORMATS = quantised.FORMATS if IS_NEWEST else ()


@pytest.fixture(params=[*FORMATS, "fp8 cast", "packed"])
def models(request):
    """A quantised model, and a plain one with the numbers that its weights stand for."""
    made = {"packed": quantised.packed, "fp8 cast": quantised.cast}.get(request.param)
    return made() if made else quantised.by_the_host(request.param)


def drawn(model):
    return picture(model, "FLUX.1")


def distance(first, second):
    return float((first - second).abs().max() / second.abs().max())


def test_live_is_right_to_1e_5_and_merge_is_core_s(models, folder, load):  # noqa: F811
    write(folder, "FLUX.1", "transformer")
    model, plain = models
    truth = drawn(load(plain, apply="merge")[0])
    tensors = narrow.lora("FLUX.1", "transformer")
    core = drawn(comfy.sd.load_lora_for_models(model, None, tensors, 1.0, 0)[0])
    merged, _, report = load(model, apply="merge")
    assert torch.equal(drawn(merged), core)
    live, _, told = load(model, apply="live")
    # The host multiplies INT8 in numbers of its own, with and without a LoRA.
    own = distance(drawn(model), drawn(plain))
    assert distance(drawn(live), truth) < 1e-5 + 3 * own
    assert distance(drawn(model), truth) > 1e-2
    assert "Merging rounds" in report and "Merging rounds" not in told


def test_strength_0_is_the_model_bit_for_bit(models, folder, load):  # noqa: F811
    write(folder, "FLUX.1", "transformer")
    model, _ = models
    plain = drawn(model)
    for apply in ("merge", "live"):
        assert torch.equal(drawn(load(model, apply=apply, strength=0.0)[0]), plain)


def test_auto_is_live_on_quantised_weights_and_merges_plain_ones(models, folder, load):  # noqa: F811
    write(folder, "FLUX.1", "transformer")
    model, plain = models
    live, _, report = load(model, apply="auto")
    assert "auto is live here, because the model's weights are quantised" in report
    assert live.injections
    merged, _, report = load(plain, apply="auto")
    assert not merged.injections and "merged into the weights" in report
