"""Two losses as one: the student pays both, each on rows of its own."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..draws import Material, Plan
from ..times import Times
from .kind import Loss, Nets, Rival, Taught


def together(first: Loss, second: Loss, weight: float) -> Loss:
    """What is paid is first + weight * second; the rivals of both go on learning from their own.

    Raises ValueError for two losses with a rival of the same name, which has one set of weights.
    """
    twice = {one.name for one in first.rivals} & {one.name for one in second.rivals}
    if twice:
        raise ValueError(
            f"{first.name} and {second.name} both train {', '.join(sorted(twice))}, and there is "
            "one of it. Take two different losses."
        )
    cut = len(first.rows._fields)
    fields = [f"first_{name}" for name in first.rows._fields]
    fields += [f"second_{name}" for name in second.rows._fields]
    # One flat row type: a part of a batch is a cut through all fields.
    both_rows = NamedTuple("_Both", [(name, Any) for name in fields])

    def ours(rows: Any) -> Any:
        return first.rows(*rows[:cut])

    def theirs(rows: Any) -> Any:
        return second.rows(*rows[cut:])

    def draw(
        material: Material, count: int, plan: Plan, done: float, generator: torch.Generator
    ) -> Any:
        rows = first.draw(material, count, plan, done, generator)
        return both_rows(*rows, *second.draw(material, count, plan, done, generator))

    def student(nets: Nets, times: Times, plan: Plan, rows: Any) -> Taught:
        one = first.student(nets, times, plan, ours(rows))
        other = second.student(nets, times, plan, theirs(rows))
        return Taught(one.loss + weight * other.loss, {**one.shown, **other.shown})

    return Loss(
        f"{first.name} and {second.name}",
        max(first.needs, second.needs, key=("", "images", "paths").index),
        both_rows,
        draw,
        student,
        tuple(
            _on(rival, part)
            for loss, part in ((first, ours), (second, theirs))
            for rival in loss.rivals
        ),
        first.asks_start or second.asks_start,
    )


def _on(rival: Rival, part: Callable[[Any], Any]) -> Rival:
    """The rival on its loss's part of the rows."""

    def pays(
        nets: Nets, times: Times, plan: Plan, rows: Any, pictures: Tensor, turn: int
    ) -> Tensor:
        return rival.pays(nets, times, plan, part(rows), pictures, turn)

    return rival._replace(pays=pays)
