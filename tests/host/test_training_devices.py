"""Training on devices that weights are moved to, as a CPU can show it."""

import comfy.model_management as host
import comfy.sd
import comfy.taesd.taesd
import folder_paths
import narrow
import narrow_rewards
import pytest
import torch
from fewstep.host.training.asked import Given
from fewstep.host.training.rewards.made import reward_of
from training_runs import loaded, output, paths, run


def moved(base):
    """A model whose weights the host made for inference and then moved to its device.

    Their values are ordinary from then on, and yet autograd may not keep them.
    """
    made = loaded(base)
    with torch.inference_mode(False):
        for weight in made.model.parameters():
            weight.data = weight.data.clone()
    return made


@pytest.mark.parametrize("base", ["SD 1.5", "FLUX.1"])
def test_a_model_that_was_moved_to_its_device_can_be_trained_through(base, tmp_path, monkeypatch):
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path))
    model = moved(base)
    with torch.inference_mode(False):
        weight = next(model.model.parameters())
        assert not weight.is_inference()
        with pytest.raises(RuntimeError, match="version counter"):
            _ = weight._version
    made = run(moved(base), base, Given(paths=paths(model, base)), steps=2)
    assert len(made.losses) == 2


@pytest.fixture
def device(monkeypatch):
    """A device as small as one model: what is loaded moves to it, and what was there away."""
    there, load = [], host.load_models_gpu

    def move(network):
        for weight in network.parameters():
            weight.data = weight.data.clone()

    def moving(models, *args, **kwargs):
        networks = [patcher.model for patcher in models]
        for network in [one for one in there if one not in networks]:
            move(network)
            there.remove(network)
        for network in [one for one in networks if one not in there]:
            move(network)
            there.append(network)
        return load(models, *args, **kwargs)

    monkeypatch.setattr(host, "load_models_gpu", moving)
    return there


def test_models_that_a_training_moves_draw_as_before(device, tmp_path, monkeypatch):
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path))
    model, other = loaded("SD 1.5"), loaded("SDXL")
    with torch.inference_mode():
        weights = comfy.taesd.taesd.TAESD().state_dict()
        vae = comfy.sd.VAE(sd={name: torch.full_like(one, 0.01) for name, one in weights.items()})
        latent = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
        before = vae.decode(latent)
    plain, others = output(model, "SD 1.5"), output(other, "SDXL")
    assert device == [other.model]
    given = Given(paths=paths(model, "SD 1.5"), vae=vae)
    assert len(run(model, "SD 1.5", given, preview_every=1).losses) == 3
    assert all(weight.is_inference() for weight in other.model.parameters())
    with torch.inference_mode():
        assert torch.equal(vae.decode(latent), before)
    assert torch.equal(output(model, "SD 1.5"), plain)
    assert torch.equal(output(other, "SDXL"), others)


@pytest.mark.parametrize("kind", ["classifier", "aesthetic"])
def test_what_a_reward_borrows_draws_as_before(kind, device, tmp_path, monkeypatch):
    known = folder_paths.folder_names_and_paths
    monkeypatch.setitem(known, "classifiers", ([str(tmp_path)], {""}))
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path))
    model, vae, eyes = loaded("SD 1.5"), narrow_rewards.tiny_vae(), narrow_rewards.vision(tmp_path)
    narrow_rewards.classifier(tmp_path / "classifier.safetensors")
    narrow_rewards.head(tmp_path / "aesthetic.safetensors")
    image = torch.rand(1, 32, 32, 3, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        latent = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
        before = vae.decode(latent).clone()
        seen = eyes.encode_image(image)["image_embeds"].clone()
        reward = reward_of(kind, eyes, None, f"{kind}.safetensors")
    plain = output(model, "SD 1.5")
    given = Given(vae=vae, start=narrow.lora("SD 1.5", "kohya"), reward=reward)
    asked = {"method": "score", "steps": 2, "preview_every": 1}
    assert len(run(model, "SD 1.5", given, **asked).losses) == 2
    with torch.inference_mode():
        assert torch.equal(vae.decode(latent), before)
        assert torch.equal(eyes.encode_image(image)["image_embeds"], seen)
    assert torch.equal(output(model, "SD 1.5"), plain)
