"""What a comparison samples: every combination of the lists, and the words for each."""

import math
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from ..schedulers import Subject
from .recipe import Recipe
from .run_settings import ANY, RunSettings, run_settings
from .setting_lists import CFGS, GAMMAS, STEPS, STRENGTHS

MAX_CELLS = 100
# One row as long as this is still taken in at a glance.
_LONGEST_ROW = 6


class Cell(NamedTuple):
    """One picture: its recipe with the gamma set, its settings, all words for them, and those of
    them that set it apart.

    `strength` is None where the model stays as it is.
    """

    recipe: Recipe
    settings: RunSettings
    strength: float | None
    words: list[str]
    label: list[str]

    @property
    def name(self) -> str:
        return ", ".join(self.label or self.words)

    @property
    def steps(self) -> int:
        return self.settings.plan.steps

    @property
    def calls(self) -> int:
        """How often the model is asked: twice a step with guidance."""
        return self.steps * (1 if self.settings.cfg == 1 else 2)

    @property
    def has_own_cfg(self) -> bool:
        return self.settings.cfg == self.recipe.cfg.default


class Comparison(NamedTuple):
    """Cells row by row, strength by strength, and what all of them share."""

    cells: list[Cell]
    columns: int
    shared: list[str]


def combinations(
    recipe: Recipe,
    steps: str,
    gammas: str,
    cfgs: str,
    strengths: str,
    denoise: float,
    subject: Subject = ANY,
) -> Comparison:
    """All combinations of the four lists in text; an empty list of strengths leaves the model.

    Raises ValueError for a list that cannot be read, a gamma where the recipe has none, too many
    pictures, and what `run_settings` does, before anything is sampled.
    """
    axes: list[Sequence] = [
        STRENGTHS.parse(strengths) if strengths.strip() else [None],
        CFGS.parse(cfgs),
        STEPS.parse(steps),
        GAMMAS.parse(gammas),
    ]
    _check_gammas(recipe, axes[3])
    _check_count(axes)
    varied = [len(axis) > 1 for axis in axes]
    cells, shared = [], []
    for strength, cfg, count, gamma in product(*axes):
        changed = recipe.changed(0, 0, gamma, -1)
        settings = run_settings(changed, count, cfg, denoise, subject=subject)
        words = _words(changed, settings, strength)
        label = [word for word, differs in zip(words, varied, strict=True) if differs and word]
        cells.append(Cell(changed, settings, strength, [word for word in words if word], label))
        shared = [word for word, differs in zip(words, varied, strict=True) if word and not differs]
    own = [recipe.id, recipe.sampler, *shared]
    return Comparison(cells, _columns(axes), own + [f"denoise {denoise:g}"] * (denoise < 1))


def _words(recipe: Recipe, settings: RunSettings, strength: float | None) -> list[str]:
    """In the order of the axes; empty where there is nothing to say."""
    count = settings.plan.steps
    return [
        "" if strength is None else f"strength {strength:.6g}",
        f"CFG {settings.cfg:.6g}",
        f"{count} step{'s' if count != 1 else ''}",
        f"gamma {recipe.gamma:.6g}" if recipe.has_gamma else "",
    ]


def _columns(axes: Sequence[Sequence]) -> int:
    """As many as the last list that varies is long; a single list is folded."""
    lengths = [len(axis) for axis in axes if len(axis) > 1] or [1]
    if len(lengths) == 1 and lengths[0] > _LONGEST_ROW:
        return math.ceil(math.sqrt(lengths[0]))
    return lengths[-1]


def _check_gammas(recipe: Recipe, gammas: Sequence[float]) -> None:
    if not recipe.has_gamma and any(gamma >= 0 for gamma in gammas):
        raise ValueError(
            f"{recipe.name} samples with {recipe.sampler}, where gamma has no effect. Write -1 in "
            "gammas, or choose a recipe that samples with tcd."
        )


def _check_count(axes: Sequence[Sequence]) -> None:
    lengths = [len(axis) for axis in axes]
    if math.prod(lengths) > MAX_CELLS:
        raise ValueError(
            f"{' x '.join(str(n) for n in lengths if n > 1)} settings are {math.prod(lengths)} "
            f"pictures, and a sheet takes {MAX_CELLS}. Shorten a list."
        )
