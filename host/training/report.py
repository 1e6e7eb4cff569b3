"""What a run says of itself: to people, and in the file it is saved to."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ...recipes import Recipe
from .asked import Asked, Given, Stage
from .kept import RUNS, kept, kept_folder
from .sources import on_paths, on_pictures
from .start import Start


class Notes(NamedTuple):
    """In words, and as what stands in the file."""

    text: str
    provenance: dict[str, Any]


def notes_of(
    asked: Asked, given: Given, stages: Sequence[Stage], start: Start, steps: int, teacher: str
) -> Notes:
    licence = start.recipe.licence if start.recipe else ""
    begun = f"from {start.name or 'nothing'}"
    if licence:
        begun += f", whose licence ({licence}) carries over"
    elif start.name:
        begun += ", whose licence is not known here and carries over"
    learned = f", on {given.paths.told()}" if on_paths(stages, given) else ""
    if on_pictures(stages, given):
        learned += f", on pictures of one's own ({len(given.latents['samples'])})"
    text = (
        f"Made by {asked.method} in {steps} steps of {asked.batch}, {begun}{learned}; CFG "
        f"{asked.cfg:g}, seed {asked.seed}, teacher {teacher[:12]}."
    )
    timesteps = "trailing" if not start.recipe else start.recipe.spacing
    return Notes(
        text,
        {
            "method": asked.method,
            "target_steps": asked.target_steps or "unified",
            "teacher": teacher,
            "start": start.name,
            "start_recipe": start.recipe.id if start.recipe else "",
            "start_licence": licence,
            "cfg": asked.cfg,
            "timesteps": timesteps,
            "seed": asked.seed,
            "steps": steps,
            "batch": asked.batch,
            "learning_rate": asked.learning_rate,
            "made": text,
        },
    )


def report_of(asked: Asked, told: list[str], recipe: Recipe) -> str:
    """The report of a run, with the runs that are kept."""
    runs = [one for one in kept() if one.kind == RUNS]
    names = ", ".join(f"{one.name} ({one.bytes / 2**20:.0f} MB)" for one in runs)
    return "\n".join(
        [
            f"{asked.name}: {recipe.notes}",
            *told,
            f"Kept in {kept_folder(RUNS)}: {names}. Kept runs, on the node, clears them.",
            # Its notes are above.
            replace(recipe, notes="").summary(),
        ]
    )
