"""Negative prompt at CFG 1: the cross-attentions see it too, nothing is run twice."""

import comfy.ldm.modules.attention as attention
import comfy.sample
import comfy.samplers
import narrow
import narrow_flow
import pytest
import torch
from fewstep.host.sampling.samplers import make_sampler
from fewstep.nodes.negative import FewStepNegative
from graphs import Graph, saved_images

from demo.scenes.words import COLOURS, SHAPES
from demo.show.judge import Judge

FLOWS = ["Wan 2.2 T2V", "Wan 2.2 I2V", "Wan 2.1 I2V", "LTX-2", "Anima"]
UNETS = ["SD 1.5", "SDXL"]


def _families(name):
    return narrow if name in UNETS else narrow_flow


def _latent(name, batch=1):
    if name in UNETS:
        return torch.zeros(batch, 4, 16, 16)
    return narrow_flow.latent(name)


def _conditioning(name, seed=9):
    made = _families(name).conditioning(name, seed)
    if name == "Wan 2.1 I2V":
        # What its CLIP vision model says of a picture: keys of its own in each cross-attention.
        made = [[text, {**extra, "clip_vision_output": _Seen()}] for text, extra in made]
    return made


class _Seen:
    penultimate_hidden_states = torch.ones(1, 257, 1280)


def drawn(model, name, *, cfg=1.0, steps=2, batch=1, seed=3, positive=9):
    latent = _latent(name, batch)
    noise = comfy.sample.prepare_noise(latent, seed)
    sigmas = comfy.samplers.calculate_sigmas(
        model.get_model_object("model_sampling"), "sgm_uniform", steps
    )
    given = _conditioning(name, positive), _conditioning(name, 10)
    found = comfy.sample.sample_custom(
        model, noise, cfg, make_sampler("ddim"), sigmas, *given, latent, disable_pbar=True, seed=3
    )
    return found.unbind()[0] if found.is_nested else found


def avoiding(name, seed=11, scale=5.0, alpha=0.5, tau=2.5, steps=""):
    model = _families(name).patcher(name)
    conditioning = _conditioning(name, seed)
    return FewStepNegative.execute(model, conditioning, scale, alpha, tau, steps).result[0]


@pytest.mark.floor
@pytest.mark.parametrize("name", UNETS + FLOWS)
def test_scale_1_is_the_model_without_the_node_and_5_another_picture(name):
    plain = drawn(_families(name).patcher(name), name)
    assert torch.equal(drawn(avoiding(name, scale=1.0), name), plain)
    assert torch.equal(drawn(avoiding(name, steps="1, 1"), name), plain)
    pushed = drawn(avoiding(name), name)
    assert pushed.isfinite().all()
    assert float((pushed - plain).abs().max()) > 1e-4 * float(plain.abs().max())
    # The hooks go with the model that has them.
    assert torch.equal(drawn(_families(name).patcher(name), name), plain)


@pytest.mark.parametrize("name", UNETS + FLOWS)
def test_a_negative_prompt_equal_to_the_prompt_pushes_nowhere(name):
    """Of the largest number of the latent: 1e-4."""
    plain = drawn(_families(name).patcher(name), name)
    pushed = drawn(avoiding(name, seed=9), name)
    assert float((pushed - plain).abs().max()) < 1e-4 * float(plain.abs().max())


class ByHand(torch.nn.Module):
    """The paper's formula around a cross-attention of the host, written out."""

    def __init__(self, layer, negative, scale, alpha, tau):
        super().__init__()
        self.layer, self.negative = layer, negative
        self.scale, self.alpha, self.tau = scale, alpha, tau

    def forward(self, x, context=None, **_):
        layer = self.layer

        def attend(text):
            keys, values = layer.to_k(text), layer.to_v(text)
            return attention.optimized_attention(layer.to_q(x), keys, values, layer.heads)

        z, n = attend(context), attend(self.negative.expand(len(x), -1, -1))
        g = z * self.scale - n * (self.scale - 1)
        ratio = g.abs().sum(-1, keepdim=True) / z.abs().sum(-1, keepdim=True)
        g = torch.where(ratio > self.tau, g * self.tau / ratio, g)
        return layer.to_out(self.alpha * g + (1 - self.alpha) * z)


@pytest.mark.parametrize("tau", [1.1, 2.5])
@pytest.mark.parametrize("name", UNETS)
def test_it_is_the_paper_s_formula_in_every_cross_attention(name, tau, monkeypatch):
    """arXiv 2505.21179: 1e-4 of the largest number."""
    ours = drawn(avoiding(name, scale=4.0, alpha=0.3, tau=tau), name)
    model = narrow.patcher(name)
    negative = narrow.conditioning(name, 11)[0][0]
    for block in model.model.diffusion_model.modules():
        if isinstance(block, attention.BasicTransformerBlock):
            monkeypatch.setitem(
                block._modules, "attn2", ByHand(block.attn2, negative, 4.0, 0.3, tau)
            )
    by_hand = drawn(model, name)
    assert float((ours - by_hand).abs().max()) < 1e-4 * float(by_hand.abs().max())


class WanByHand(torch.nn.Module):
    """The same around Wan's; the words of Wan 2.1's picture stay as they are."""

    def __init__(self, layer, negative, scale, alpha, tau):
        super().__init__()
        self.layer, self.negative = layer, negative
        self.scale, self.alpha, self.tau = scale, alpha, tau

    def forward(self, x, context, context_img_len=None, **_):
        layer = self.layer
        queries = layer.norm_q(layer.q(x))

        def attend(keys, values):
            return attention.optimized_attention(queries, keys, values, layer.num_heads)

        def attend_to(text):
            return attend(layer.norm_k(layer.k(text)), layer.v(text))

        seen, start = 0.0, 0
        if hasattr(layer, "k_img"):
            start, picture = context_img_len, context[:, :context_img_len]
            seen = attend(layer.norm_k_img(layer.k_img(picture)), layer.v_img(picture))
        z, n = attend_to(context[:, start:]), attend_to(self.negative)
        g = n + self.scale * (z - n)
        g = g * (self.tau * z.norm(1, -1, True) / g.norm(1, -1, True)).clamp(max=1)
        return layer.o(z + self.alpha * (g - z) + seen)


@pytest.mark.parametrize("name", ["Wan 2.2 T2V", "Wan 2.1 I2V"])
def test_it_is_the_paper_s_formula_in_wan(name, monkeypatch):
    """1e-4 of the largest number."""
    ours = drawn(avoiding(name, scale=4.0, alpha=0.3, tau=1.1), name)
    model = narrow_flow.patcher(name)
    network = model.model.diffusion_model
    with torch.no_grad():
        negative = network.text_embedding(narrow_flow.conditioning(name, 11)[0][0])
    for block in network.blocks:
        by_hand = WanByHand(block.cross_attn, negative, 4.0, 0.3, 1.1)
        monkeypatch.setitem(block._modules, "cross_attn", by_hand)
    found = drawn(model, name)
    assert float((ours - found).abs().max()) < 1e-4 * float(found.abs().max())


@pytest.mark.parametrize("name", ["SD 1.5", "Wan 2.2 T2V"])
def test_the_model_runs_once_a_step(name):
    calls = []
    model = avoiding(name)

    def watch(network, x, *args, **kwargs):
        calls.append(len(x))
        return network(x, *args, **kwargs)

    model.add_wrapper_with_key("diffusion_model", "test", watch)
    drawn(model, name, steps=3)
    assert calls == [1, 1, 1]


@pytest.mark.parametrize("name", ["SD 1.5", "Wan 2.2 T2V"])
def test_above_cfg_1_only_the_positive_prompt_is_pushed(name):
    """The other half of the batch is what it is without the node: 1e-5."""
    halves = []
    for model in (_families(name).patcher(name).clone(), avoiding(name)):

        def remember(args):
            halves.append((args["cond_denoised"], args["uncond_denoised"]))
            return args["denoised"]

        model.set_model_sampler_post_cfg_function(remember)
        drawn(model, name, cfg=2.0, steps=1)
    (cond, uncond), (pushed, same) = halves
    size = float(uncond.abs().max())
    assert float((same - uncond).abs().max()) < 1e-5 * size
    assert float((pushed - cond).abs().max()) > 1e-4 * size


def test_each_step_has_its_own_scale():
    """The last repeats; a step at 1 is the model's own."""
    name = "SD 1.5"
    plain = drawn(narrow.patcher(name), name, steps=1)
    assert torch.equal(drawn(avoiding(name, steps="1, 5"), name, steps=1), plain)
    assert torch.equal(
        drawn(avoiding(name, steps="5, 5, 5"), name, steps=3), drawn(avoiding(name), name, steps=3)
    )
    late, early = (drawn(avoiding(name, steps=text), name) for text in ("1, 5", "5, 1"))
    assert not torch.equal(late, early)


def test_each_image_of_a_batch_is_the_image_alone():
    """1e-5: batches add up in another order."""
    both = drawn(avoiding("SD 1.5"), "SD 1.5", batch=2)
    noise = comfy.sample.prepare_noise(torch.zeros(2, 4, 16, 16), 3)
    assert noise.shape[0] == 2
    one = drawn(avoiding("SD 1.5"), "SD 1.5")
    assert float((both[:1] - one).abs().max()) < 1e-5 * float(one.abs().max())


def test_a_second_node_takes_the_place_of_the_first():
    first = avoiding("SD 1.5", seed=12)
    negative = narrow.conditioning("SD 1.5", 11)
    second = FewStepNegative.execute(first, negative, 5.0, 0.5, 2.5, "").result[0]
    assert torch.equal(drawn(second, "SD 1.5"), drawn(avoiding("SD 1.5"), "SD 1.5"))


@pytest.mark.parametrize("name", ["FLUX.2", "Qwen-Image", "Z-Image"])
def test_one_attention_for_text_and_picture_is_refused_in_one_sentence(name):
    model, negative = narrow_flow.patcher(name), narrow_flow.conditioning(name)
    with pytest.raises(ValueError, match="text and picture in one attention.*CFG above 1"):
        FewStepNegative.execute(model, negative, 5.0, 0.5, 2.5, "")


def test_a_combination_of_prompts_is_refused():
    negative = narrow.conditioning("SD 1.5", 11) + narrow.conditioning("SD 1.5", 12)
    with pytest.raises(ValueError, match="a combination of 2 conditionings"):
        FewStepNegative.execute(narrow.patcher("SD 1.5"), negative, 5.0, 0.5, 2.5, "")


def test_red_leaves_the_demo_model_s_picture_and_shape_and_background_stay(server):
    """10 seeds at 4 steps: 9 stars are not red, all are stars on blue; at least 8 of each here."""
    graph = Graph(batch=10)
    loaded = graph.lora("fewstep-demo-tcd.safetensors")
    positive, negative = (
        graph.add("CLIPTextEncode", clip=graph.clip, text=text)
        for text in ("a red star on a blue background", "red")
    )
    pushed = {"scale": 5.0, "alpha": 1.0, "tau": 3.0, "steps": "1, 1, 8"}
    avoids = graph.add("FewStepNegative", model=loaded, negative=negative, **pushed)
    saved = []
    for model, cfg in ((loaded, 1.0), (avoids, 1.0), (loaded, 2.0)):
        changes = {"model": model, "positive": positive, "negative": negative}
        latent = graph.ksampler(0, steps=4, cfg=cfg, **changes)
        images = graph.add("VAEDecode", samples=latent, vae=graph.vae)
        saved.append(graph.save_images(images))
    entry = server.queue(graph.prompt, 300)
    words = torch.tensor([[SHAPES.index("star"), COLOURS.index("red"), COLOURS.index("blue")]] * 10)
    made = [saved_images(server, entry, node).movedim(-1, 1) / 255 for node in saved]
    plain, ours, by_cfg = (Judge().score(pictures, words) for pictures in made)
    assert plain.all == 1 and by_cfg.colour == 1
    assert ours.colour <= 0.2 and ours.shape >= 0.8 and ours.background >= 0.8
