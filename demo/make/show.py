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

from ..scenes.words import COLOURS, SHAPES
from ..show.judge import Judge
from .model import Demo, asked_for, drawn, load
from .runs import run
from .settings import CFG, NOTHING

_COUNT, _STEPS = 128, (1, 2, 4)
_TEACHER_STEPS = 8
_SHOWN, _SIDE, _QUALITY = 6, 128, 88
_AFTER = {"trajectory": "after trajectory", "score": "after score"}


class Row(NamedTuple):
    """What a model draws: pictures B 3 H W by the number of steps, and the seconds it took."""

    name: str
    cfg: float
    pictures: dict[int, Tensor]


def show(base: Path, output: Path) -> str:
    """Makes the LoRA, or goes on with it; writes the sheet, and gives the table."""
    demo = load(base)
    with Bar() as bar:
        begun = time.monotonic()
        bar.says("paths and stages")
        made = run(demo, NOTHING)
        seconds = time.monotonic() - begun
        models = {"before": demo.model}
        models |= {
            _AFTER[stage.method]: one.model for stage, one in zip(NOTHING.stages, made, strict=True)
        }
        rows = [_row(demo, bar, name, model, _STEPS) for name, model in models.items()]
        rows.append(_row(demo, bar, "the teacher", demo.model, (_TEACHER_STEPS,), CFG))
    sheet = output / "distil.jpg"
    output.mkdir(parents=True, exist_ok=True)
    drawn_sheet(rows).save(sheet, quality=_QUALITY, optimize=True)
    return f"{table(rows)}\n\nMade in {seconds:.0f} seconds.\n{shown(sheet)}\n"


def table(rows: list[Row]) -> str:
    """Markdown: the share of pictures that show all that was asked, by steps."""
    judge, words = Judge(), asked_for(_COUNT).words
    steps = sorted({step for row in rows for step in row.pictures})
    lines = [_line("right in", *(f"{n} step{'s' * (n > 1)}" for n in steps))]
    lines.append(_line("---", *["---"] * len(steps)))
    for row in rows:
        shares = {n: judge.score(made, words).all for n, made in row.pictures.items()}
        lines.append(_line(_named(row), *(_share(shares.get(n)) for n in steps)))
    return "\n".join(lines)


def drawn_sheet(rows: list[Row]) -> Image.Image:
    """One row of pictures a model at its fewest steps, framed where all is as asked."""
    pictures, judge = pure("pictures"), Judge()
    words = asked_for(_COUNT).words[:_SHOWN]
    cells = []
    for row in rows:
        steps = min(row.pictures)
        label = f"{_named(row)}, {steps} step{'s' * (steps > 1)}"
        for made, asked in zip(row.pictures[steps], words, strict=False):
            good = judge.score(made[None], asked[None]).all == 1
            cells.append(pictures.Cell(_enlarged(made), [label, _in_words(asked)], good))
    return pictures.contact_sheet(cells, _SHOWN, ["A green frame: all that was asked is there."])


def _row(
    demo: Demo, bar: "Bar", name: str, model: Any, steps: tuple[int, ...], cfg: float = 1.0
) -> Row:
    scenes, made = asked_for(_COUNT), {}
    for count in steps:
        bar.says(f"{name} in {count} steps")
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
        self._bar.set_description_str(what)

    def _on(self, value: int, total: int, *_: object, **__: object) -> None:
        self._bar.n, self._bar.total = value, total
        self._bar.refresh()


def _named(row: Row) -> str:
    return row.name if row.cfg == 1.0 else f"{row.name}, CFG {row.cfg:g}"


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


__all__ = ["Row", "drawn_sheet", "show", "table"]
