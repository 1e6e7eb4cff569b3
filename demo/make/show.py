"""From nothing: what each stage brings, as a sheet of pictures and a table of accuracy."""

import time
from pathlib import Path
from typing import Any, NamedTuple

import comfy.utils
import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from tools.pack import pure
from tools.paths import shown

from ..scenes.data import Scenes
from ..scenes.words import COLOURS, SHAPES
from ..show.judge import Judge
from .model import Demo, asked_for, drawn, load
from .runs import run
from .settings import CFG, SHOWN, Making

_STEPS, _TEACHER_STEPS = (1, 2, 4), 4
_SHOWN, _SIDE, _QUALITY = 6, 128, 85


class Row(NamedTuple):
    """What a model draws: pictures B 3 H W by the number of steps."""

    name: str
    cfg: float
    pictures: dict[int, Tensor]


def show(base: Path, output: Path, making: Making = SHOWN, count: int = 128) -> str:
    """Makes the LoRA, or goes on with it; writes the sheet, and gives the table.

    Each number of steps is judged by `count` pictures.
    """
    demo, scenes = load(base), asked_for(count)
    with Bar() as bar:
        begun = time.monotonic()
        bar.says("paths and stages")
        made = run(demo, making)
        seconds = time.monotonic() - begun
        models = {"before": demo.model}
        for stage, one in zip(making.stages, made, strict=True):
            models[f"after {stage.method}"] = one.model
        rows = [_row(demo, bar, name, model, scenes, _STEPS) for name, model in models.items()]
        rows.append(_row(demo, bar, "the teacher", demo.model, scenes, (_TEACHER_STEPS,), CFG))
    sheet = output / "distil.jpg"
    output.mkdir(parents=True, exist_ok=True)
    drawn_sheet(rows, scenes.words).save(sheet, quality=_QUALITY, optimize=True)
    made_in = f"Paths and training took {seconds:.0f} seconds this time."
    return f"{table(rows, scenes.words)}\n\n{made_in}\n{shown(sheet)}\n"


def table(rows: list[Row], words: Tensor) -> str:
    """Markdown: the share of pictures that show all that was asked, by steps."""
    judge = Judge()
    steps = sorted({step for row in rows for step in row.pictures})
    lines = [_line("right in", *map(_counted, steps))]
    lines.append(_line("---", *["---"] * len(steps)))
    for row in rows:
        shares = {n: judge.score(made, words).all for n, made in row.pictures.items()}
        lines.append(_line(_named(row), *(_share(shares.get(n)) for n in steps)))
    return "\n".join(lines)


def drawn_sheet(rows: list[Row], words: Tensor) -> Image.Image:
    """The same seeds by every model at its fewest steps, and by the last one made at twice that."""
    pictures, judge, cells = pure("pictures"), Judge(), []
    shown_rows = [(row, min(row.pictures)) for row in rows]
    *_, made, teacher = shown_rows
    shown_rows[-2:] = [made, (made[0], 2 * made[1]), teacher]
    for row, steps in shown_rows:
        share = judge.score(row.pictures[steps], words).all
        label = [_named(row), f"{_counted(steps)}: {share:.0%} right"]
        for drawing, asked in zip(row.pictures[steps][:_SHOWN], words, strict=False):
            cells.append(pictures.Cell(_enlarged(drawing), [*label, _in_words(asked)]))
    return pictures.contact_sheet(cells, min(_SHOWN, len(words)), [])


def _row(
    demo: Demo,
    bar: "Bar",
    name: str,
    model: Any,
    scenes: Scenes,
    steps: tuple[int, ...],
    cfg: float = 1.0,
) -> Row:
    made = {}
    for count in steps:
        bar.says(f"{name} in {_counted(count)}")
        made[count] = drawn(demo, model, count, scenes, cfg=cfg)
    return Row(name, cfg, made)


class Bar:
    """What the nodes report of their progress, on a terminal."""

    def __enter__(self) -> "Bar":
        self._bar = tqdm(bar_format="{desc} {n_fmt}/{total_fmt} {bar} {elapsed}")
        comfy.utils.set_progress_bar_global_hook(self._on)
        return self

    def __exit__(self, *_: object) -> None:
        comfy.utils.set_progress_bar_global_hook(None)
        self._bar.close()

    def says(self, what: str) -> None:
        self._bar.reset()
        self._bar.total = None
        self._bar.set_description_str(what)

    def _on(self, value: int, total: int, *_: object, **__: object) -> None:
        self._bar.n, self._bar.total = value, total
        self._bar.refresh()


def _named(row: Row) -> str:
    return row.name if row.cfg == 1.0 else f"{row.name}, CFG {row.cfg:g}"


def _counted(steps: int) -> str:
    """`1 step`, `4 steps`."""
    return f"{steps} step{'s' * (steps > 1)}"


def _in_words(words: Tensor) -> str:
    shape, colour, background = words.tolist()[:3]
    return f"{COLOURS[colour]} {SHAPES[shape]} on {COLOURS[background]}"


def _enlarged(picture: Tensor) -> Image.Image:
    pixels = (picture.movedim(0, 2) * 255).round().to(torch.uint8).numpy()
    return Image.fromarray(pixels).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.3f}"


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
