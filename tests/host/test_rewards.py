"""Rewards: their scores and their decoder against plain references, and their gradients."""

from types import SimpleNamespace

import comfy.latent_formats
import narrow_rewards
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from fewstep.host.training.blocks import Checkpoints
from fewstep.host.training.rewards.classifier import read_classifier
from fewstep.host.training.rewards.layout import answers
from fewstep.host.training.rewards.made import reward_of
from fewstep.host.training.rewards.scoring import scoring
from fewstep.host.training.session import load
from fewstep.host.training.switch import Switch
from narrow_rewards import rewards

from demo.files.judge_layout import layout
from demo.files.parts import write
from demo.model.classifier import Classifier, shrunk
from demo.scenes import data
from demo.scenes.words import prompt

pytestmark = pytest.mark.floor
LATENT = comfy.latent_formats.SD15()


@pytest.fixture(autouse=True)
def files(classifiers_folder):
    return classifiers_folder


def pictures(count=2, height=40, width=56, seed=1):
    random = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, height, width, generator=random)


def scored(reward, shown, texts=("a cat by day", "a dog by night")):
    """Scores by the reward's own networks, lent as in a run."""
    with (
        torch.inference_mode(False),
        scoring(reward, reward.targets(texts), narrow_rewards.tiny_vae(), LATENT) as ready,
    ):
        load(ready.patchers)
        return ready.of_pictures(shown, torch.arange(len(shown)))


def test_a_classifier_s_score_is_the_log_probability_of_what_the_prompt_names(files):
    """In float64 to 1e-9, by the formula, with its gradient by the pictures."""
    weights = narrow_rewards.classifier(files / "judge.safetensors")
    reward = read_classifier(files / "judge.safetensors", "judge.safetensors")
    shown = pictures().double().requires_grad_()
    small = F.interpolate(shown, (24, 24), mode="bilinear", antialias=True)
    mean, std = (
        torch.tensor(values, dtype=torch.float64).view(1, 3, 1, 1)
        for values in ([0.4, 0.5, 0.6], [0.5, 0.4, 0.3])
    )
    w = {name: weight.double() for name, weight in weights.items()}
    x = F.conv2d((small - mean) / std, w["first.weight"], w["first.bias"], 2, 1)
    groups = x.unflatten(1, (2, 4))
    middle = groups.mean((2, 3, 4), keepdim=True)
    spread = groups.var((2, 3, 4), keepdim=True, unbiased=False)
    x = ((groups - middle) / (spread + 1e-5).sqrt()).flatten(1, 2)
    x = x * w["norm.weight"][:, None, None] + w["norm.bias"][:, None, None]
    x = (x * x.sigmoid()).mean((2, 3)) @ w["last.weight"].T + w["last.bias"]
    animal, time = x[:, :2].log_softmax(1), x[:, 2:].log_softmax(1)
    expected = {
        ("a Cat by day", "a dog at NIGHT"): [
            (animal[0, 0] + time[0, 0]) / 2,
            (animal[1, 1] + time[1, 1]) / 2,
        ],
        ("kitten", "night"): [animal[0, 0], time[1, 1]],
    }
    for texts, values in expected.items():
        want = torch.stack(values)
        got = reward.score(shown, reward.targets(texts), [])
        assert torch.allclose(got, want, rtol=1e-9)
        slope = torch.autograd.grad(got.sum(), shown, retain_graph=True)[0]
        plain = torch.autograd.grad(want.sum(), shown, retain_graph=True)[0]
        assert torch.allclose(slope, plain, rtol=1e-9, atol=1e-9 * float(plain.abs().max()))


def test_the_demo_s_judge_answers_from_its_file_as_it_does_itself(files):
    """All templates of prompts name their shape, colour and background, and no style."""
    torch.manual_seed(3)
    module = Classifier()
    write(module.state_dict(), files / "judge.safetensors", layout(module))
    reward = read_classifier(files / "judge.safetensors", "judge.safetensors")
    shown = pictures(4, 96, 96)
    with torch.no_grad():
        ours, own = answers(reward._layout, reward._weights, shown), module(shrunk(shown))
    for got, expected in zip(ours, own, strict=True):
        assert torch.allclose(got, expected, rtol=1e-5, atol=1e-6)
    for template in range(4):
        for words in data.combinations()[::13].tolist():
            targets = reward.targets([prompt(*words, template)])
            assert targets.tolist() == [[*words, -1]]


def test_clip_sees_what_the_host_s_clip_sees(files):
    """Of the host's own size, where only its rounding to 1/255 differs: 1e-2 of their length."""
    eyes = narrow_rewards.vision(files)
    shown = (pictures(2, 32, 32) * 255).round() / 255
    with torch.inference_mode():
        host = F.normalize(eyes.encode_image(shown.movedim(1, -1))["image_embeds"], dim=1)
    weights = narrow_rewards.head(files / "beauty.safetensors")
    reward = reward_of("aesthetic", eyes, None, "beauty.safetensors")
    x = host @ weights["layers.0.weight"].T + weights["layers.0.bias"]
    expected = (x @ weights["layers.2.weight"].T + weights["layers.2.bias"])[:, 0]
    assert torch.allclose(scored(reward, shown), expected, atol=1e-5)
    # Of other sizes the middle square, as the host cuts it.
    wide = pictures(2, 40, 56)
    with torch.inference_mode():
        host = F.normalize(eyes.encode_image(wide.movedim(1, -1))["image_embeds"], dim=1)
    x = host @ weights["layers.0.weight"].T + weights["layers.0.bias"]
    expected = (x @ weights["layers.2.weight"].T + weights["layers.2.bias"])[:, 0]
    assert torch.allclose(scored(reward, wide), expected, atol=1e-2)


def test_the_prompt_s_score_is_the_cosine_of_clip_s_two_embeddings(files):
    eyes, words = narrow_rewards.vision(files), narrow_rewards.text()
    shown, texts = (pictures(2, 32, 32) * 255).round() / 255, ("a cat by day", "a dog by night")
    with torch.inference_mode():
        reward = reward_of("prompt", eyes, words, "none")
        image = eyes.encode_image(shown.movedim(1, -1))["image_embeds"]
        # As SD 1.5's text encoder gives it: without the projection.
        text = [
            words.encode_from_tokens(words.tokenize(one), return_pooled=True)[1] for one in texts
        ]
        text = words.cond_stage_model.clip_l.transformer.text_projection(torch.cat(text))
    expected = F.cosine_similarity(image, text, dim=1)
    assert torch.allclose(scored(reward, shown, texts), expected, atol=1e-5)
    # The host's options are its own again.
    tower = words.cond_stage_model.clip_l
    assert tower.execution_device is None and not tower.return_projected_pooled


@pytest.mark.parametrize("kind", ["classifier", "aesthetic", "prompt"])
def test_a_reward_s_gradient_is_how_its_score_changes(files, kind):
    """Along the gradient itself: differences of the score, to 2 %."""
    reward = rewards(files)[kind]
    shown = pictures().requires_grad_()
    slope = torch.autograd.grad(scored(reward, shown).sum(), shown)[0]
    size = slope.norm()
    step = 0.02 * slope / size
    with torch.no_grad():
        change = [scored(reward, shown + sign * step).double().sum() for sign in (1, -1)]
    assert abs(float(change[0] - change[1]) / (0.04 * float(size)) - 1) < 0.02


@pytest.mark.parametrize("made", [narrow_rewards.tiny_vae, narrow_rewards.whole_vae])
@pytest.mark.parametrize("twice", [False, True])
def test_the_decoder_shows_the_vae_s_pictures_with_their_gradient(files, made, twice):
    """Also where its blocks are computed twice; values to 1e-5, differences of a sum to 2 %."""
    vae, reward = made(), rewards(files)["classifier"]
    latents = torch.randn(2, 4, 4, 4, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        expected = vae.decode(LATENT.process_out(latents)).movedim(-1, 1).clone()
    network = vae.first_stage_model
    forwards = [part.__dict__.get("forward") for part in network.modules()]
    with scoring(reward, reward.targets(["cat"]), vae, LATENT) as ready:
        load(ready.patchers)
        checkpoints = Checkpoints(SimpleNamespace(diffusion_model=torch.nn.Module()), Switch())
        checkpoints.cover(ready.decoder.blocks())
        if twice:
            checkpoints.start()
        try:
            asked = latents.clone().requires_grad_()
            shown = ready.decoder(asked)
            assert (shown - expected).abs().max() < 1e-5
            weight = torch.randn(shown.shape, generator=torch.Generator().manual_seed(4))
            slope = torch.autograd.grad((shown * weight).sum(), asked)[0]
            step = 2e-3 * slope / slope.norm()
            with torch.no_grad():
                change = [
                    (ready.decoder(latents + sign * step).double() * weight).sum()
                    for sign in (1, -1)
                ]
            got = float(change[0] - change[1]) / (4e-3 * float(slope.norm()))
            assert abs(got - 1) < 0.02
        finally:
            checkpoints.stop()
    assert [part.__dict__.get("forward") for part in network.modules()] == forwards
    assert all(weight.grad is None for weight in network.parameters())


@pytest.mark.parametrize("made", [narrow_rewards.tiny_vae, narrow_rewards.whole_vae])
def test_the_decoder_s_blocks_are_small_and_hold_nearly_all_of_it(files, made):
    """What is computed twice keeps its input alone: so blocks, not the decoder as a whole."""
    vae, reward = made(), rewards(files)["classifier"]
    with scoring(reward, reward.targets(["cat"]), vae, LATENT) as ready:
        blocks = ready.decoder.blocks()
    network = vae.first_stage_model
    sizes = [sum(weight.numel() for weight in block.parameters()) for block in blocks]
    whole = sum(weight.numel() for weight in network.parameters())
    assert len(blocks) >= 10 and max(sizes) < 0.2 * whole and sum(sizes) > 0.8 * whole
