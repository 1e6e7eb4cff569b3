"""Small runs with a reward on narrow models, and what such runs are given."""

import narrow
import narrow_rewards
import torch
from fewstep.host.training.asked import Given
from fewstep.host.training.rewards.made import reward_of
from training_runs import run

TEXTS = "\n".join(f"a {one} by {time}" for one in ("cat", "dog") for time in ("day", "night"))


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
