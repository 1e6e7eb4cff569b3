"""What a reward adds to a run: a loss, a limit, and how reward and pictures went."""

from typing import NamedTuple

import torch
from torch import Tensor

from ....distil import Limit, Loss, Material, Net, Times, pictures, reward, together
from .scoring import Scoring

# How far each matrix of the LoRA may move, of its size at the start.
FURTHEST = 0.5
_HELD_SHARE = 8
_LOOKED_AT = 16
_CHUNK = 4
# No seed that training or previews draw from.
_SEED = 0x5EED << 32


class Look(NamedTuple):
    """The mean score of the held-out pictures, and the pictures B 3 H W."""

    score: float
    pictures: Tensor

    def apart(self, other: "Look") -> float:
        """Mean difference of the pictures' values, which are in 0..1."""
        return float((self.pictures - other.pictures).abs().mean())


class Feedback:
    """A reward of `weight` in a run; a weight of 0 only looks.

    The last eighth of the prompts is held out from the reward where there are eight: how its score
    goes there says whether better pictures are learned, or the reward alone.
    """

    def __init__(self, scoring: Scoring, weight: float, student: list[Tensor], material: Material):
        self._scoring, self._weight = scoring, weight
        count = len(material.prompts)
        held = count // _HELD_SHARE
        self._held = bool(held)
        self._trained = torch.arange(count - held)
        apart = torch.arange(count - held, count) if held else self._trained
        self._prompt = apart[torch.arange(_LOOKED_AT) % len(apart)]
        self._material = material
        random = torch.Generator().manual_seed(_SEED)
        self._noise = material.noise(_LOOKED_AT, generator=random)
        self.limit = Limit(student, FURTHEST) if weight else None

    def with_reward(self, loss: Loss) -> Loss:
        if not self._weight:
            return loss
        return together(loss, reward(self._scoring, self._trained), self._weight)

    @torch.no_grad()
    def look(self, net: Net, times: Times, steps: int, device: torch.device) -> Look:
        """Always the same prompts and noise, drawn in `steps` steps."""
        scores, made = [], []
        for rows in torch.arange(_LOOKED_AT).split(_CHUNK):
            prompt = self._prompt[rows]
            context = self._material.prompts[prompt]
            latents = pictures(net, times, self._noise[rows].to(device), steps, context)
            made.append(self._scoring.decoder(latents))
            scores.append(self._scoring.of_pictures(made[-1], prompt))
        return Look(float(torch.cat(scores).mean()), torch.cat(made).cpu())

    def told(self, before: Look, after: Look, teacher: Look, average: list[Tensor]) -> list[str]:
        """How it went, for the report."""
        which = (
            f"{len(self._material.prompts) - len(self._trained)} prompts that it was not trained on"
            if self._held
            else "its own prompts with other seeds"
        )
        told = [
            f"Reward by {self._scoring.reward.name}, weight {self._weight:g}: {before.score:.3f} "
            f"before, {after.score:.3f} after, the teacher's {teacher.score:.3f}, on {_LOOKED_AT} "
            f"pictures of {which}.",
            f"Difference from the teacher's pictures of the same seeds: "
            f"{before.apart(teacher):.4f} before, {after.apart(teacher):.4f} after. Where it grows "
            "with the reward, worse pictures win the reward: look at the sheet.",
        ]
        if self.limit:
            told.append(
                f"The LoRA moved by {self.limit.moved(average):.2f} of its size; with a reward it "
                f"may move by {FURTHEST:g}."
            )
        return told
