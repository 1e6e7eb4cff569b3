"""All is as it was after a run with a reward, however it ends; and what is gone on with."""

import comfy.model_management as host
import narrow_rewards
import pytest
import torch
from fewstep.distil import LOSSES
from fewstep.host.training.rewards.classifier import ClassifierReward
from fewstep.host.training.rewards.made import reward_of
from reward_runs import made, trained
from training_runs import loaded, looks, output

pytestmark = pytest.mark.floor


@pytest.fixture(autouse=True)
def files(reward_folder):
    return reward_folder


def state(network):
    """Forwards, flags, gradients and values of a network that was lent."""
    return {
        "forwards": {name: part.__dict__.get("forward") for name, part in network.named_modules()},
        "wants": [weight.requires_grad for weight in network.parameters()],
        "gradients": [weight.grad is None for weight in network.parameters()],
        "values": [float(weight.double().sum()) for weight in network.parameters()],
        "training": [part.training for part in network.modules()],
    }


def shown(vae):
    """A picture by the host's own decoding."""
    with torch.inference_mode():
        latent = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
        return vae.decode(latent).clone()


@pytest.mark.parametrize("kind", ["classifier", "aesthetic", "prompt"])
def test_all_is_as_it_was_after_a_run_with_a_reward(files, kind):
    """The model, the VAE and CLIP: forwards, flags and values; the next pictures bit for bit."""
    model, vae = loaded("SD 1.5"), narrow_rewards.tiny_vae()
    reward, lent = made(files, kind)
    networks = [vae.first_stage_model, *lent]
    picture, image = output(model, "SD 1.5"), shown(vae)
    before, others = looks(model), [state(network) for network in networks]
    result = trained(model, reward, vae=vae)
    assert len(result.losses) == 2 and all(loss == loss for loss in result.losses)
    after = looks(model)
    assert after.pop("loaded") and before.pop("loaded")
    assert after == before
    assert [state(network) for network in networks] == others
    assert torch.equal(output(model, "SD 1.5"), picture) and torch.equal(shown(vae), image)
    assert not torch.equal(output(result.model, "SD 1.5"), picture)
    assert "Reward by" in result.report and "before," in result.report


def test_networks_that_are_moved_to_their_device_are_trained_through_and_draw_as_before(
    files, monkeypatch
):
    """The host moves weights that it made for inference, and those keep no versions."""
    load = host.load_models_gpu

    def moving(models, *args, **kwargs):
        for patcher in models:
            for weight in patcher.model.parameters():
                weight.data = weight.data.clone()
        return load(models, *args, **kwargs)

    monkeypatch.setattr(host, "load_models_gpu", moving)
    model, vae = loaded("SD 1.5"), narrow_rewards.tiny_vae()
    reward, (eyes,) = made(files, "aesthetic")
    picture, image = output(model, "SD 1.5"), shown(vae)
    assert len(trained(model, reward, vae=vae, preview_every=1).losses) == 2
    assert torch.equal(output(model, "SD 1.5"), picture) and torch.equal(shown(vae), image)
    assert not any(weight.requires_grad for weight in eyes.parameters())


@pytest.mark.parametrize(
    "error",
    [ValueError("no"), host.InterruptProcessingException(), KeyboardInterrupt(), MemoryError()],
)
def test_all_is_as_it_was_after_an_error_in_the_reward(files, monkeypatch, error):
    """Also where memory ran out until nothing less was left to try."""
    model, vae = loaded("SD 1.5"), narrow_rewards.tiny_vae()
    reward, lent = made(files, "aesthetic")
    picture, image = output(model, "SD 1.5"), shown(vae)
    before = looks(model)
    networks = [vae.first_stage_model, *lent]
    others = [state(network) for network in networks]
    plain = type(reward).score

    def score(self, pictures, targets, networks):
        plain(self, pictures, targets, networks)
        if torch.is_grad_enabled():
            raise error
        return plain(self, pictures, targets, networks)

    monkeypatch.setattr(type(reward), "score", score)
    said = ValueError if isinstance(error, MemoryError) else type(error)
    with pytest.raises(said, match="memory is too small" if said is not type(error) else None):
        trained(model, reward, vae=vae)
    after = looks(model)
    assert after.pop("loaded") and before.pop("loaded")
    assert after == before and [state(network) for network in networks] == others
    assert torch.equal(output(model, "SD 1.5"), picture) and torch.equal(shown(vae), image)


def test_short_of_memory_the_decoder_s_blocks_are_computed_twice_and_the_same_is_learned(
    files, monkeypatch
):
    """To 1 % of what was learned."""
    model, vae = loaded("SD 1.5"), narrow_rewards.tiny_vae()
    reward, _ = made(files, "classifier")
    whole = trained(model, reward, vae=vae, name="whole")
    plain, failed, blocks = ClassifierReward.score, [], []

    def score(self, *args):
        if torch.is_grad_enabled() and len(failed) < 2:
            failed.append(1)
            raise MemoryError
        parts = vae.first_stage_model.taesd_decoder.modules()
        blocks.append(sum("forward" in part.__dict__ for part in parts))
        return plain(self, *args)

    monkeypatch.setattr(ClassifierReward, "score", score)
    parts = trained(model, reward, vae=vae, name="parts")
    assert "1 pictures at a time" in parts.report and "computed twice" in parts.report
    assert max(blocks) >= 10 and min(blocks) == 0
    expected = output(whole.model, "SD 1.5")
    change = (expected - output(model, "SD 1.5")).abs().max()
    assert (output(parts.model, "SD 1.5") - expected).abs().max() < 0.01 * change


def test_a_cancelled_run_with_a_reward_goes_on_and_ends_the_same(files, monkeypatch):
    model, vae = loaded("SD 1.5"), narrow_rewards.tiny_vae()
    reward, _ = made(files, "classifier")
    whole = trained(model, reward, vae=vae, name="whole", steps=4)
    plain, calls = LOSSES["score"].student, []

    def student(*args):
        calls.append(1)
        if len(calls) == 3:
            raise host.InterruptProcessingException
        return plain(*args)

    with monkeypatch.context() as patch:
        patch.setitem(LOSSES, "score", LOSSES["score"]._replace(student=student))
        with pytest.raises(host.InterruptProcessingException):
            trained(model, reward, vae=vae, steps=4)
    result = trained(model, reward, vae=vae, steps=4)
    assert "Went on from step 2." in result.report
    assert result.losses == whole.losses
    assert all(torch.equal(result.lora[key], whole.lora[key]) for key in whole.lora)


def test_a_run_goes_on_with_its_own_reward_alone(files):
    model, vae = loaded("SD 1.5"), narrow_rewards.tiny_vae()
    reward, _ = made(files, "classifier")
    trained(model, reward, vae=vae, steps=1)
    narrow_rewards.classifier(files / "judge.safetensors", seed=9)
    other = reward_of("classifier", None, None, "judge.safetensors")
    for another, changes, field in (
        (other, {}, "reward "),
        (None, {}, "reward"),
        (reward, {"reward_weight": 2.0}, "reward_weight 0.1"),
    ):
        with pytest.raises(ValueError, match=f"mine was begun with {field}"):
            trained(model, another, vae=vae, steps=1, **changes)
