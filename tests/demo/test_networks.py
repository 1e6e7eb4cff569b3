"""Layouts of the demo's networks and the arithmetic around them."""

import pytest
import torch
from fewstep.demo.files import parts
from fewstep.demo.files.merged import merged
from fewstep.demo.files.packing import pack, unpack
from fewstep.demo.files.parts import with_alpha
from fewstep.demo.model.autoencoder import Autoencoder
from fewstep.demo.model.controlnet import ControlNet
from fewstep.demo.model.diffusion import grid_times, noised, sample, signal_power, trailing_times
from fewstep.demo.model.lora import Adapter, adapted
from fewstep.demo.model.unet import UNet
from fewstep.demo.training.optimiser import orthogonal


def test_unet_has_the_layout_that_tells_sd15():
    weights = UNet().state_dict()
    assert weights["input_blocks.0.0.weight"].shape == (320, 4, 3, 3)
    prefix = "input_blocks.1.1.transformer_blocks.0."
    assert weights[f"{prefix}attn2.to_k.weight"].shape == (320, 768)
    assert not [name for name in weights if name.startswith("middle_block")]
    assert sum(weight.numel() for weight in weights.values()) == 18_733_124


def test_autoencoder_has_the_layout_of_taesd():
    module = Autoencoder()
    names = module.state_dict().keys()
    assert {"taesd_encoder.14.weight", "taesd_decoder.19.bias", "taesd_decoder.18.conv.4.bias"} < {
        *names
    }
    assert module.encode(torch.rand(1, 3, 64, 64)).shape == (1, 4, 8, 8)
    assert module.decode(torch.rand(1, 4, 8, 8)).shape == (1, 3, 64, 64)


def test_a_fresh_controlnet_changes_nothing():
    unet, control = UNet(), ControlNet()
    torch.nn.init.normal_(unet.out[2].weight)
    control.begin_as(unet)
    x, time, prompt = torch.randn(2, 4, 8, 8), torch.tensor([999, 3]), torch.randn(2, 77, 768)
    added = control(x, torch.rand(2, 3, 64, 64), time, prompt)
    assert len(added) == 3
    assert torch.equal(unet(x, time, prompt, added), unet(x, time, prompt))


def test_adapter_begins_as_nothing_and_carries_kohya_names():
    unet = UNet()
    torch.nn.init.normal_(unet.out[2].weight)
    x, time, prompt = torch.randn(2, 4, 8, 8), torch.tensor([999, 3]), torch.randn(2, 77, 768)
    before = unet(x, time, prompt)
    adapter = Adapter(unet, 4)
    adapter.attach(unet)
    assert torch.equal(unet(x, time, prompt), before)
    file = with_alpha(adapter.state_dict())
    assert len(file) == 3 * len(adapted(unet))
    name = "lora_unet_up_blocks_0_attentions_1_transformer_blocks_0_attn2_to_k"
    assert file[f"{name}.lora_down.weight"].shape == (4, 768)
    assert file[f"{name}.lora_up.weight"].shape == (320, 4)
    assert file[f"{name}.alpha"] == 4


def test_packed_weights_are_within_half_a_step():
    weights = {"kernel": torch.randn(64, 64, 3, 3), "bias": torch.randn(64)}
    again = unpack(pack(weights), torch.float32)
    assert again.keys() == weights.keys()
    largest = weights["kernel"].flatten(1).abs().amax(1)
    error = (again["kernel"] - weights["kernel"]).flatten(1).abs().amax(1)
    # Half a step, and what rounding the scale to fp16 adds at the largest weight.
    assert (error <= largest / 127 * 0.5 + largest * 2**-10).all()


def test_times():
    assert trailing_times(4) == [999, 749, 499, 249]
    assert grid_times(4) == [999, 759, 499, 259]


@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0])
def test_a_perfect_model_finds_its_picture(gamma):
    image, powers = torch.randn(2, 4, 8, 8), signal_power()

    def perfect(x, time, _):
        power = powers[time][:, None, None, None]
        return (x - power.sqrt() * image) / (1 - power).sqrt()

    start = noised(image, torch.randn_like(image), powers[torch.tensor([999, 999])])
    found = sample(perfect, start, torch.empty(0), grid_times(4), gamma=gamma)
    assert torch.allclose(found, image, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("shape", [(2, 8, 72), (1, 96, 24)])
def test_orthogonal_moves_have_even_singular_values(shape, dtype):
    values = torch.linalg.svdvals(orthogonal(torch.randn(shape), dtype).float())
    # Five rounds of this polynomial promise about 0.7 to 1.2, bf16 a little more.
    assert values.min() > 0.6
    assert values.max() < 1.3


@torch.no_grad()
def test_a_merged_unet_answers_like_the_unet_with_its_adapter():
    files = parts.shipped()
    unet = UNet().eval()
    start = parts.UNET
    unet.load_state_dict(_inside(merged(files["model"], files["lcm"]), start))
    given = torch.randn(1, 4, 8, 8), torch.tensor([999.0]), torch.randn(1, 77, 768)
    answer = unet(*given)
    unet.load_state_dict(_inside(files["model"], start))
    before = unet(*given)
    pairs = {name: w for name, w in files["lcm"].items() if not name.endswith(".alpha")}
    adapter = Adapter(unet, rank=next(iter(pairs.values())).shape[0])
    adapter.load_state_dict(pairs)
    adapter.attach(unet)
    assert torch.allclose(unet(*given), answer, atol=1e-4)
    assert not torch.allclose(before, answer, atol=1e-2)


def _inside(weights, start):
    return {n.removeprefix(start): w for n, w in weights.items() if n.startswith(start)}
