"""Training with a reward on narrow models: what is learned, told, refused, and left as it was."""

import comfy.model_management as host
import folder_paths
import narrow
import narrow_rewards
import pytest
import torch
from fewstep.distil import LOSSES, Trainer
from fewstep.host.training import previews
from fewstep.host.training.asked import Given
from fewstep.host.training.rewards import feedback
from fewstep.host.training.rewards.classifier import ClassifierReward
from fewstep.host.training.rewards.made import reward_of
from training_runs import loaded, looks, output, paths, run

pytestmark = pytest.mark.floor
TEXTS = "\n".join(f"a {one} by {time}" for one in ("cat", "dog") for time in ("day", "night"))
MANY = "\n".join([TEXTS, TEXTS.replace("a ", "the "), "a kitten"])


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """An empty user directory and an empty models/classifiers; fewer pictures to look at."""
    folder = tmp_path / "classifiers"
    folder.mkdir()
    known = folder_paths.folder_names_and_paths
    monkeypatch.setitem(known, "classifiers", ([str(folder)], {""}))
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path / "user"))
    monkeypatch.setattr(previews, "_TEACHER_STEPS", 2)
    monkeypatch.setattr(feedback, "_LOOKED_AT", 4)
    return folder


def made(files, kind):
    """The reward, and the networks that it borrows."""
    if kind == "classifier":
        narrow_rewards.classifier(files / "judge.safetensors")
        return reward_of(kind, None, None, "judge.safetensors"), []
    narrow_rewards.head(files / "beauty.safetensors")
    eyes = narrow_rewards.vision(files)
    with torch.inference_mode():
        if kind == "aesthetic":
            reward = reward_of(kind, eyes, None, "beauty.safetensors")
        else:
            reward = reward_of(kind, eyes, narrow_rewards.text(), "none")
    return reward, [eyes.model]


def given(reward, vae=None, base="SD 1.5", **more):
    start = more.pop("start", None) or narrow.lora(base, "kohya")
    return Given(vae=vae or narrow_rewards.tiny_vae(), start=start, reward=reward, **more)


def trained(model, reward, base="SD 1.5", **changes):
    vae = changes.pop("vae", None)
    return run(
        model,
        base,
        given(reward, vae, base),
        **{"method": "score", "prompts": TEXTS, "steps": 2, **changes},
    )


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


@pytest.mark.parametrize("base", ["SDXL", "FLUX.1"])
def test_other_models_learn_from_a_reward_too(files, base):
    model, (reward, _) = loaded(base), made(files, "classifier")
    begun = run(model, base, Given(paths=paths(model, base)), name="first", steps=1).lora
    vae = narrow_rewards.tiny_vae({"FLUX.1": 16}.get(base, 4))
    connected = given(reward, vae, base, start=begun)
    result = run(model, base, connected, method="score", prompts=TEXTS, steps=1)
    assert "Reward by classifier judge.safetensors" in result.report


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


def test_a_reward_is_learned_and_its_weight_counts(files, monkeypatch):
    """From the same start and dice: the more it weighs, the higher the score that is reported."""
    model, vae = loaded("SD 1.5"), narrow_rewards.tiny_vae()
    reward, _ = made(files, "classifier")
    monkeypatch.setattr(feedback, "FURTHEST", 5.0)
    scores, learned = {}, {}
    for weight in (0.0, 30.0):
        result = trained(
            model,
            reward,
            vae=vae,
            name=f"weight {weight}",
            reward_weight=weight,
            steps=30,
            batch=4,
            learning_rate=2e-3,
        )
        line = next(line for line in result.report.splitlines() if line.startswith("Reward"))
        before, after = (float(part.split()[-2]) for part in line.split(", ")[1:3])
        scores[weight], learned[weight] = (before, after), result.lora
    assert scores[0.0][0] == scores[30.0][0]
    assert scores[30.0][1] > scores[30.0][0] and scores[30.0][1] > scores[0.0][1] + 0.1


def test_a_weight_of_zero_learns_what_a_run_without_a_reward_learns(files):
    model, vae = loaded("SD 1.5"), narrow_rewards.tiny_vae()
    reward, _ = made(files, "classifier")
    zero = trained(model, reward, vae=vae, reward_weight=0.0, name="zero")
    plain = trained(model, None, vae=vae, name="plain")
    assert zero.losses == plain.losses
    assert all(torch.equal(zero.lora[key], plain.lora[key]) for key in plain.lora)
    assert "Reward by" in zero.report and "may move" not in zero.report
    assert "Reward" not in plain.report


def test_the_lora_stays_within_the_limit_of_its_start(files, monkeypatch):
    model, vae = loaded("SD 1.5"), narrow_rewards.tiny_vae()
    reward, _ = made(files, "classifier")
    monkeypatch.setattr(feedback, "FURTHEST", 0.05)
    start = narrow.lora("SD 1.5", "kohya")
    changes = {"steps": 12, "learning_rate": 3e-2, "vae": vae}
    near = trained(model, reward, name="near", **changes)
    far = trained(model, None, name="far", **changes)

    def moved(lora):
        most = 0.0
        for name, tensor in lora.items():
            if not name.endswith("lora_down.weight"):
                continue
            up = name.replace("down", "up")
            scale = float(start[name.replace("lora_down.weight", "alpha")]) / len(start[name])
            pairs = ((tensor, start[name]), (lora[up], start[up] * scale))
            most = max(
                [most, *(float((a.float() - b).norm() / b.norm()) for a, b in pairs)],
            )
        return most

    # The file's fp16 is 5e-4 of a number.
    assert moved(near.lora) < 0.0505 < moved(far.lora)
    assert "may move by 0.05" in near.report


def test_the_last_prompts_are_held_out_from_the_reward_alone(files, monkeypatch):
    model, vae = loaded("SD 1.5"), narrow_rewards.tiny_vae()
    reward, _ = made(files, "classifier")
    plain, seen = ClassifierReward.score, []

    def score(self, pictures, targets, networks):
        if torch.is_grad_enabled():
            seen.extend(targets.tolist())
        return plain(self, pictures, targets, networks)

    monkeypatch.setattr(ClassifierReward, "score", score)
    result = trained(model, reward, vae=vae, prompts=MANY, batch=8, steps=6)
    # A kitten at no time is the last prompt of nine.
    held = reward.targets(["a kitten"]).tolist()[0]
    assert held not in seen and len({*map(tuple, seen)}) == 4
    assert "of 1 prompts that it was not trained on" in result.report
    few = trained(model, reward, vae=vae, name="few")
    assert "of its own prompts with other seeds" in few.report


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


def test_what_a_reward_needs_is_said_before_any_training(files):
    model = loaded("SD 1.5")
    reward, _ = made(files, "classifier")
    start = narrow.lora("SD 1.5", "kohya")
    with pytest.raises(ValueError, match="Connect the checkpoint's VAE to vae"):
        run(model, "SD 1.5", Given(start=start, reward=reward), method="score", prompts=TEXTS)
    vae, teacher = narrow_rewards.tiny_vae(), paths(model, "SD 1.5", prompts=TEXTS)
    with pytest.raises(ValueError, match="A reward improves a LoRA that works already"):
        run(model, "SD 1.5", Given(paths=teacher, vae=vae, reward=reward), prompts=TEXTS)
    with pytest.raises(ValueError, match="cannot score the prompt 'a bird'"):
        trained(model, reward, vae=vae, prompts="a cat\na bird")


def stopping(plain, counting):
    """The descent as it is; what comes after it is not counted."""

    def descend(*args, **kwargs):
        try:
            return plain(*args, **kwargs)
        finally:
            counting.clear()

    return descend


def test_a_reward_costs_one_pass_with_gradients_and_the_student_s_own_steps(files, monkeypatch):
    """Rows a sample beyond the method's, a pass back counted as two: 3, and 0 to 3 at 4 steps."""
    model, vae = loaded("SD 1.5"), narrow_rewards.tiny_vae()
    reward, _ = made(files, "classifier")
    network, rows, training = type(model.model), [], []
    plain, score = network.apply_model, LOSSES["score"].student

    def counted(self, x, t, **taken):
        if training:
            rows.append(len(x) * (3 if torch.is_grad_enabled() else 1))
        return plain(self, x, t, **taken)

    def student(*args):
        training.append(1)
        return score(*args)

    monkeypatch.setattr(network, "apply_model", counted)
    # The fake score's own rounds are the method's, and there are none here.
    alone = LOSSES["score"]._replace(student=student, rivals=())
    monkeypatch.setitem(LOSSES, "score", alone)
    monkeypatch.setattr(Trainer, "_descend", stopping(Trainer._descend, training))
    costs = {}
    for weight in (0.0, 1.0):
        rows.clear()
        changes = {"batch": 16, "steps": 1, "target_steps": 4, "reward_weight": weight}
        trained(model, reward, vae=vae, name=f"weight {weight}", **changes)
        costs[weight] = sum(rows) / 16
    assert 3 < costs[1.0] - costs[0.0] < 6
