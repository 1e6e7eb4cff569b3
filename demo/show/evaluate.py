"""The comparison table, through a real ComfyUI: `python3 dev.py demo --table` calls this.

Every row makes the same prompts with the same seeds. A row that is done is kept, so an interrupted
table goes on where it stopped.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from tools.hosts.pack_check import check_pack
from tools.hosts.server import Server

from ..config import SEED, SIZE, WIDE
from ..scenes import data
from ..scenes.sheet import save_picture
from ..scenes.words import SHAPES, prompt
from .judge import Judge, frechet
from .pictures import load_pictures
from .rows import ROWS, Row, drawing_name, row_graph

_CHUNK = 16
# Text is encoded once for all rows: the host keeps this many results.
_KEEP = ("--cache-lru", "5000")
_HEAD = ("setting", "steps", "model calls", "all right", "shape", "colour", "background",
         "held-out words", "outlined", "Frechet distance")  # fmt: skip
_SHARES = ("all", "shape", "colour", "background", "held_out", "outlined")


def main(arguments: list[str] | None = None) -> None:
    """Makes the rows that are missing, then prints the table."""
    given = _parser().parse_args(arguments)
    table = _Table(given.output / "table.json", given.count, given.size)
    with Server(given.host, given.base, extra_args=_KEEP) as server:
        check_pack(server, server.object_info())
        for row in ROWS:
            if not table.has(row):
                table.add(row, _pictures(server, row, table))
    (given.output / "table.md").write_text(table.text() + "\n", "utf-8")
    sys.stdout.write(table.text() + "\n")


class _Table:
    """The rows that are done, in a file; `words` are those of the prompts."""

    def __init__(self, file: Path, count: int, size: int) -> None:
        scenes = data.scenes(0, count, WIDE, seed=SEED + 9, words=data.combinations())
        self.scenes, self.words, self.count, self.size = scenes, scenes.words, count, size
        self._judge = Judge()
        self._file = file
        self._mark = {"count": count, "size": size}
        kept = json.loads(file.read_text("utf-8")) if file.exists() else {}
        same = {name: kept.get(name) for name in self._mark} == self._mark
        self._rows: dict[str, Any] = kept["rows"] if same else {}
        self._reference: Tensor | None = None

    def has(self, row: Row) -> bool:
        return _key(row) in self._rows

    def add(self, row: Row, pictures: Tensor) -> None:
        score = self._judge.score(pictures, self.words)
        held = self._held_out()
        self._rows[_key(row)] = {
            **score._asdict(),
            "held_out": self._judge.score(pictures[held], self.words[held]).all,
            # Another style is far from the pictures that it is compared with.
            "distance": None if row.style else self._distance(pictures),
        }
        self._save()

    def text(self) -> str:
        """Markdown."""
        floor = self._distance(self._judge.real(self.words, 99))
        lines = [_line(_HEAD), _line(["---"] * len(_HEAD))]
        for row in ROWS:
            found = self._rows[_key(row)]
            shares = [f"{found[name]:.3f}" for name in _SHARES]
            far = "" if found["distance"] is None else f"{found['distance']:.1f}"
            lines.append(_line([row.name, row.steps, row.calls, *shares, far]))
        note = f"{self.count} prompts a row, {self.size}x{self.size}; real pictures: {floor:.1f}"
        return "\n".join([*lines, "", note])

    def _distance(self, pictures: Tensor) -> float:
        if self._reference is None:
            self._reference = self._judge.reference(self.words)
        return frechet(self._judge.features(pictures), self._reference)

    def _held_out(self) -> Tensor:
        held = {tuple(row) for row in data.held_out().tolist()}
        return torch.tensor([tuple(row) in held for row in self.words[:, :3].tolist()])

    def _save(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._file.with_suffix(".part")
        unfinished.write_text(json.dumps(self._mark | {"rows": self._rows}, indent=1), "utf-8")
        unfinished.replace(self._file)


def _pictures(server: Server, row: Row, table: _Table) -> Tensor:
    """B 3 H W for all prompts."""
    words = table.words.clone()
    if row.any_shape:
        words[:, 0] = len(SHAPES)
    if row.drawing:
        _draw(table, server.base_dir / "input")
    prompts, made = [prompt(*numbers) for numbers in words.tolist()], []
    title = f"{row.name}, {row.steps} steps"
    with tqdm(total=len(prompts), desc=title, unit="picture", mininterval=1) as bar:
        for first in range(0, len(prompts), _CHUNK):
            chunk = prompts[first : first + _CHUNK]
            entry = server.queue(row_graph(row, chunk, first, table.size, "table"), timeout=3600)
            made.append(load_pictures(server.base_dir, entry))
            bar.update(len(chunk))
    return torch.cat(made)


def _draw(table: _Table, folder: Path) -> None:
    for number, drawing in enumerate(data.scribbles(table.scenes, table.size)):
        save_picture(folder / drawing_name(number), drawing)


def _key(row: Row) -> str:
    return f"{row.name}, {row.steps}"


def _line(cells: Any) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", type=Path, required=True, help="ComfyUI's folder")
    parser.add_argument("--base", type=Path, required=True, help="its base folder, with models")
    parser.add_argument("--output", type=Path, required=True, help="where rows are kept")
    parser.add_argument("--count", type=int, default=512, help="prompts a row")
    parser.add_argument("--size", type=int, default=SIZE)
    return parser


if __name__ == "__main__":
    main()
