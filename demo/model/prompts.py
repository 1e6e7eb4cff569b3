"""Embeddings of the prompts that a batch of scenes stands for."""

import itertools

import torch
from torch import Tensor

from ..scenes.words import COLOURS, SHAPES, TEMPLATES, prompt
from .text_encoder import Encoder
from .tokens import tokens

# The shape that is left open comes after the eight that are named.
_CHOICES = (len(SHAPES) + 1, len(COLOURS), len(COLOURS), len(TEMPLATES))


class Prompts:
    """All prompts there are, on a device."""

    def __init__(self, device: torch.device) -> None:
        texts = [prompt(*words) for words in itertools.product(*map(range, _CHOICES))]
        self._nothing = len(texts)
        self._encoder = Encoder(torch.stack([tokens(text) for text in [*texts, ""]]), device)

    def __call__(self, words: Tensor, empty: Tensor | None = None) -> Tensor:
        """B 77 768 for rows of shape, colour, background, template; `empty` rows have no prompt."""
        shape, colour, background, template = words.T
        row = ((shape * _CHOICES[1] + colour) * _CHOICES[2] + background) * _CHOICES[3] + template
        return self._encoder(row if empty is None else torch.where(empty, self._nothing, row))

    def empty(self) -> Tensor:
        """1 77 768 for no prompt."""
        return self._encoder(torch.tensor([self._nothing]))
