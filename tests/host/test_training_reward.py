"""What a run with a reward learns on narrow models, what that costs, and what it needs."""

import narrow
import narrow_rewards
import pytest
import torch
from fewstep.distil import LOSSES, Trainer
from fewstep.host.training.asked import Given
from fewstep.host.training.rewards import feedback
from fewstep.host.training.rewards.classifier import ClassifierReward
from reward_runs import TEXTS, given, made, trained
from training_runs import loaded, paths, run

pytestmark = pytest.mark.floor
MANY = "\n".join([TEXTS, TEXTS.replace("a ", "the "), "a kitten"])


@pytest.fixture(autouse=True)
def files(reward_folder):
    return reward_folder


@pytest.mark.parametrize("base", ["SDXL", "FLUX.1"])
def test_other_models_learn_from_a_reward_too(files, base):
    model, (reward, _) = loaded(base), made(files, "classifier")
    begun = run(model, base, Given(paths=paths(model, base)), name="first", steps=1).lora
    vae = narrow_rewards.tiny_vae({"FLUX.1": 16}.get(base, 4))
    connected = given(reward, vae, base, start=begun)
    result = run(model, base, connected, method="score", prompts=TEXTS, steps=1)
    assert "Reward by classifier judge.safetensors" in result.report


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
