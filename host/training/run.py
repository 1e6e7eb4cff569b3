"""One run: a student taught by the model it is for, kept in a folder that it goes on from."""

from typing import Any, NamedTuple

from torch import Tensor

from ...recipes import Recipe
from ..base_model import base_warnings
from . import checks
from .adapters import AVERAGE
from .asked import Asked, Given, settings_of, stages_of
from .kept import RUNS, kept_folder
from .levels import times_of
from .loop import Loop
from .made import MadeLora, kohya_tensors, recipe_of, with_lora
from .material import material_of
from .networks import Networks
from .paths import folder_of
from .previews import Previews
from .report import notes_of, report_of
from .rewards.lending import rewarded
from .session import fingerprint, trainable
from .sources import check_paths
from .start import kohya_names, start_of

# A LoRA's numbers are kept as three sets in fp32, and two moments of two of them.
_BYTES = 4 * 7


class Made(NamedTuple):
    """What a run gives: the model with the LoRA, the LoRA, losses, recipe, a sheet, a report."""

    model: Any
    lora: MadeLora
    losses: list[float]
    recipe: Recipe
    sheet: Tensor
    report: str


def distil(model: Any, clip: Any, asked: Asked, given: Given) -> Made:
    """Trains a LoRA for `model`, a patcher, or goes on with the run of this name.

    Raises ValueError, before any training, for what cannot be trained or is not the same run.
    """
    stages = stages_of(asked, given)
    checks.check_plain_model(model)
    checks.check_vae(model, given.vae)
    times = times_of(model)
    start = start_of(model, asked.start_lora, given.start, asked.rank, asked.seed)
    of = given.recipe or start.recipe
    told = base_warnings(model, of) if of else []
    learned = material_of(model, clip, asked, given)
    targets = given.reward.targets(learned.texts) if given.reward else None
    folder = folder_of(kept_folder(RUNS), asked.name)
    numbers = sum(one.numel() for pair in start.matrices.values() for one in pair)
    checks.check_room(folder.path, numbers * _BYTES)
    with trainable(model) as patcher:
        teacher = fingerprint(patcher.model)
        folder.open(settings_of(asked, given, teacher))
        check_paths(asked, given, stages, teacher)
        networks = Networks(patcher, start.matrices, asked.cfg, learned.empty)
        previews = Previews(patcher, given.vae, times, learned, asked.target_steps)
        with networks.injected(), rewarded(networks, asked, given, learned, targets) as feedback:
            loop = Loop(asked, networks, learned, times, previews, folder, feedback)
            loop.go(stages)
        tensors = kohya_tensors(
            patcher.model, networks.adapters.pairs(AVERAGE), kohya_names(patcher.model)
        )
    progress = loop.progress
    notes = notes_of(asked, given, stages, start, progress.step, teacher)
    recipe = recipe_of(model, asked.name, asked.target_steps, of, notes.text)
    lora = MadeLora(tensors, asked.name, recipe, notes.provenance)
    report = report_of(asked, [*told, *start.told, *progress.told], recipe)
    return Made(with_lora(model, lora), lora, progress.losses, recipe, previews.image(), report)
