"""A classifier as a reward: how sure it is that a picture shows what the prompt asks for."""

import re
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from ...folders import new_digest
from ...weight_files import read_data, read_header_of
from .kind import Helper
from .layout import Layout, answers, read_layout

# A head that a prompt says nothing about.
_OPEN = -1


class ClassifierReward:
    """Mean log-probability of the classes that the prompt's words ask for."""

    def __init__(self, name: str, layout: Layout, weights: dict[str, Tensor]):
        self.name = f"classifier {name}"
        self._file, self._layout, self._weights = name, layout, weights

    def mark(self) -> str:
        digest = new_digest()
        for name in sorted(self._weights):
            digest.update(f"{name} ".encode() + self._weights[name].numpy().tobytes())
        digest.update(repr(self._layout).encode())
        return digest.hexdigest()

    def targets(self, prompts: Sequence[str]) -> Tensor:
        """A class for each head, and -1 where the prompt leaves it open: P heads."""
        return torch.tensor([self._wanted(prompt) for prompt in prompts])

    def helpers(self) -> list[Helper]:
        return []

    def score(
        self, pictures: Tensor, targets: Tensor, networks: Sequence[torch.nn.Module]
    ) -> Tensor:
        weights = {name: weight.to(pictures) for name, weight in self._weights.items()}
        said = answers(self._layout, weights, pictures)
        wanted = targets.to(pictures.device)
        asked = wanted != _OPEN
        sure = [
            one.log_softmax(1).gather(1, wanted[:, [head]].clamp(min=0))[:, 0]
            for head, one in enumerate(said)
        ]
        return (torch.stack(sure, 1) * asked).sum(1) / asked.sum(1)

    def _wanted(self, prompt: str) -> list[int]:
        wanted = [self._class(prompt, head.name, head.phrases) for head in self._layout.heads]
        if all(one == _OPEN for one in wanted):
            some = [named[0] for head in self._layout.heads for named in head.phrases if named]
            raise ValueError(
                f"{self._file} cannot score the prompt {prompt!r}: it looks for words such as "
                f"{', '.join(some[:6])}, and there are none. Leave such prompts out."
            )
        return wanted

    def _class(self, prompt: str, head: str, phrases: Sequence[Sequence[str]]) -> int:
        found = [number for number, named in enumerate(phrases) if _says(prompt, named)]
        if len(found) > 1:
            both = " and ".join(phrases[number][0] for number in found[:2])
            raise ValueError(
                f"{self._file} cannot score the prompt {prompt!r}: it asks for {both}, and a "
                f"picture has one {head} for this classifier. Leave such prompts out."
            )
        return found[0] if found else _OPEN


def _says(prompt: str, phrases: Sequence[str]) -> bool:
    return any(re.search(rf"\b{re.escape(one)}\b", prompt, re.IGNORECASE) for one in phrases)


def read_classifier(path: Path, name: str) -> ClassifierReward:
    """Raises ValueError for a file without a layout, or whose weights are not the layout's."""
    layout = read_layout(read_header_of(path, name).metadata, name)
    # As the host runs nodes, but gradients pass through these.
    with torch.inference_mode(False):
        weights = {key: one.detach().float().clone() for key, one in read_data(path, name).items()}
        _try(layout, weights, name)
    return ClassifierReward(name, layout, weights)


@torch.no_grad()
def _try(layout: Layout, weights: dict[str, Tensor], name: str) -> None:
    try:
        made = answers(layout, weights, torch.zeros(1, 3, *layout.size))
        fits = sum(one.shape[1] for one in made) == layout.outputs
    except (KeyError, RuntimeError, ValueError, TypeError) as error:
        raise ValueError(
            f"The layers that {name} names do not go with its weights ({error}). Write the file "
            "again with the layout of this network."
        ) from error
    if not fits or not all(torch.isfinite(one).all() for one in made):
        raise ValueError(
            f"{name} gives answers that are infinite or none (NaN). Write the file again."
        )
