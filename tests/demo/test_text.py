"""The text encoder that is made, not trained."""

import hashlib

import torch
from fewstep.demo.model.prompts import Prompts
from fewstep.demo.model.text_encoder import Encoder, text_encoder
from fewstep.demo.model.tokens import tokens


def test_the_weights_are_the_same_everywhere():
    weights = text_encoder()
    assert len(weights) == 4 + 12 * 16
    assert sum(weight.numel() for weight in weights.values()) == 123_060_480
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode())
        digest.update(weights[name].numpy().tobytes())
    assert digest.hexdigest()[:16] == "de8d97f66769632c"


def test_a_shape_carries_the_colour_before_it():
    prompts = ("a red circle on a blue background", "a blue circle on a red background")
    encoder = Encoder(torch.stack([tokens(text) for text in prompts]))
    first, second = encoder(torch.tensor([0, 1]))
    same = (first - second).abs().amax(1)
    assert same[1] == 0  # a
    assert same[2] > 1  # red, blue
    assert same[3] > 1  # circle, after red or blue
    assert same[4] == 0  # on, after circle


def test_embeddings_equal_the_full_encoder():
    """Against the formula of CLIP's first layer, with the weights of the file."""
    prefix = "cond_stage_model.transformer.text_model."
    weights = {n.removeprefix(prefix): w.float() for n, w in text_encoder().items()}
    numbers = tokens("a yellow moon on a purple background")
    x = weights["embeddings.token_embedding.weight"][numbers]
    x = x + weights["embeddings.position_embedding.weight"]
    normal = torch.nn.functional.layer_norm(x, (768,))
    layer = "encoder.layers.0.self_attn."
    query, key, value = (
        (normal @ weights[f"{layer}{n}_proj.weight"].T).unflatten(1, (12, 64)).transpose(0, 1)
        for n in ("q", "k", "v")
    )
    attended = torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    x = x + attended.transpose(0, 1).flatten(1) @ weights[f"{layer}out_proj.weight"].T
    expected = torch.nn.functional.layer_norm(x, (768,))
    # Sums in another order: fp32's last bits.
    assert (Encoder(numbers[None])(torch.tensor([0]))[0] - expected).abs().max() < 1e-6


def test_prompts_are_found_by_their_words():
    prompts, words = Prompts(torch.device("cpu")), torch.tensor([[4, 2, 7, 3], [8, 0, 1, 0]])
    texts = (
        "a picture of a yellow star on a black background",
        "a red shape on a orange background",
    )
    encoder = Encoder(torch.stack([tokens(text) for text in (*texts, "")]))
    expected = encoder(torch.arange(3))
    assert torch.equal(prompts(words), expected[:2])
    assert torch.equal(prompts(words, torch.tensor([False, True]))[1], expected[2])
    assert torch.equal(prompts.empty()[0], expected[2])
