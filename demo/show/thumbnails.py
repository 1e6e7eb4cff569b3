"""The pictures that the template browser shows: `python3 dev.py thumbnails` calls this.

Each is what the demo model makes of the example beside it, with a scene of its own; examples for
models that it cannot stand in for have the card of their accelerator.
"""

import io
import sys
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from tools.examples.cards import draw_card_of, steps_of
from tools.examples.conversion import to_api
from tools.examples.demo_workflows import demo_titles, demo_workflow, titles
from tools.hosts.pack_check import check_pack
from tools.hosts.server import Server
from tools.pack import pure
from tools.user_error import UserError

from ..config import SEED, WIDE
from ..places import parser
from ..scenes import data
from ..scenes.data import Scenes
from ..scenes.inputs import write_inputs
from ..scenes.words import COLOURS, SHAPES, prompt
from .graph import Nodes
from .judge import Judge
from .shots import before, shown_nodes, with_scene, words_in

_QUALITY = 88
_MARK = "thumbnail"
_TRIES = 4
# The shapes that are known at a glance, and colours that stand out from their backgrounds.
_SHAPES = ("star", "ring", "square", "cross", "circle", "triangle")
_PAIRS = (
    *("red blue", "yellow purple", "white green", "orange black", "blue white", "purple yellow"),
    *("white red", "blue orange", "green white", "black yellow", "red white", "yellow blue"),
    "white purple",
)
# The positive prompt of the example that is queued from a table, and how many rows are shown.
_TABLE, _ROWS, _APART = "Positive prompt", 4, 3
# Pixels of a square of what is to be repainted.
_SQUARE, _SHINES = 8, 110


class Run(NamedTuple):
    """A prompt, its seed, what came of it, and how far that is from what was asked for."""

    nodes: Nodes
    seed: int
    made: list[Image.Image]
    far: float


class Host(NamedTuple):
    """A running server and what it says of its nodes."""

    server: Server
    info: dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    """Writes a JPG beside every example."""
    given = parser(__doc__, "the folder of the examples").parse_args(arguments)
    drawn = demo_titles()
    try:
        for title in titles():
            if title not in drawn:
                _save(draw_card_of(title), given.output, title)
        scenes = _scenes(len(drawn))
        write_inputs(given.base / "input", scenes, mark=_MARK)
        judge = Judge()
        with Server(given.host, given.base) as server:
            host = Host(server, server.object_info())
            check_pack(*host)
            for number, title in enumerate(tqdm(drawn, unit="picture")):
                _save(_thumbnail(host, judge, title, number, scenes), given.output, title)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _save(picture: Image.Image, folder: Path, title: str) -> None:
    picture.save(folder / f"{title}.jpg", quality=_QUALITY, optimize=True)


def _scenes(count: int) -> Scenes:
    """Other words for each, one below 78: there are 6 shapes and 13 pairs of colours."""
    scenes = data.scenes(0, count, WIDE, seed=SEED + 12, words=data.combinations())
    number = torch.arange(count)
    shapes = torch.tensor([SHAPES.index(shape) for shape in _SHAPES])
    pairs = torch.tensor([[COLOURS.index(colour) for colour in pair.split()] for pair in _PAIRS])
    colour, background = pairs[number % len(_PAIRS)].T
    return scenes._replace(
        shape=shapes[number % len(_SHAPES)],
        colour=colour,
        background=background,
        template=torch.zeros_like(number),
    )


def _thumbnail(host: Host, judge: Judge, title: str, number: int, scenes: Scenes) -> Image.Image:
    pictures = pure("pictures")
    nodes, steps = to_api(demo_workflow(title), host.info), steps_of(title)
    if any(node["_meta"]["title"] == _TABLE for node in nodes.values()):
        return pictures.draw_result(_of_a_table(host, judge, nodes, number, scenes, steps))
    best = _best(host, judge, nodes, number, scenes)
    if not _square(best.made):
        return pictures.draw_sheet(best.made[0])
    result = pictures.Result(best.made, _in_english(words_in(best.nodes)[-1]), steps)
    if len(best.made) > 1:
        labels = [f"seed {best.seed + index}" for index in range(len(best.made))]
        result = result._replace(labels=labels)
    elif other := before(best.nodes, steps):
        given = _run(host, other.run)[0] if other.run else _input(host, other.file)
        result = result._replace(given=given, label=other.label)
    return pictures.draw_result(result)


def _of_a_table(
    host: Host, judge: Judge, nodes: Nodes, number: int, scenes: Scenes, steps: str
) -> Any:
    """Other words in each run, as from a table."""
    rows = [(number + row * _APART) % len(scenes.x) for row in range(_ROWS)]
    made = [_best(host, judge, nodes, row, scenes).made[0] for row in rows]
    return pure("pictures").Result(made, f"{_ROWS} rows of a table of prompts", steps)


def _best(host: Host, judge: Judge, nodes: Nodes, number: int, scenes: Scenes) -> Run:
    """Of a few seeds the one whose pictures are nearest to what they should show.

    Where they show something else than this scene, the first.
    """
    words = scenes.words[number : number + 1]
    wanted = judge.reference(words)
    runs = []
    for seed in range(number, number + _TRIES):
        changed = with_scene(nodes, prompt(*words[0].tolist()), f"-{_MARK}-{number}", seed)
        made = _run(host, changed)
        if not _square(made) or len(words_in(changed)) > 1:
            return Run(changed, seed, made, 0.0)
        far = torch.cdist(judge.features(_tensor(made)), wanted).min(1).values.max()
        runs.append(Run(changed, seed, made, float(far)))
    return min(runs, key=lambda run: run.far)


def _square(made: list[Image.Image]) -> bool:
    """Pictures of the demo model are; sheets and plots are not."""
    return all(picture.width == picture.height for picture in made)


def _in_english(words: str) -> str:
    """The demo model knows no "an"."""
    return words.replace("a orange", "an orange")


def _run(host: Host, nodes: Nodes) -> list[Image.Image]:
    outputs, shown = host.server.queue(nodes)["outputs"], shown_nodes(nodes)
    files = [file for key in shown if key in outputs for file in outputs[key]["images"]]
    return [_opened(host.server.get(f"/view?{urlencode(file)}")) for file in files]


def _input(host: Host, name: str) -> Image.Image:
    """A picture of the input folder; what is to be repainted shines through a chequered hole."""
    picture = _opened((host.server.base_dir / "input" / name).read_bytes()).convert("RGBA")
    picture.putalpha(picture.getchannel("A").point(lambda alpha: max(alpha, _SHINES)))
    ground = Image.fromarray(np.where(_squares(picture.size), 235, 190).astype(np.uint8)).convert(
        "RGBA"
    )
    return Image.alpha_composite(ground, picture)


def _squares(size: tuple[int, int]) -> np.ndarray:
    across, down = (np.arange(length) // _SQUARE for length in size)
    return (across[None, :] + down[:, None]) % 2


def _opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def _tensor(pictures: list[Image.Image]) -> torch.Tensor:
    """B 3 H W in 0..1."""
    shades = np.stack([np.asarray(picture.convert("RGB")) for picture in pictures])
    return torch.from_numpy(shades).movedim(3, 1) / 255


if __name__ == "__main__":
    sys.exit(main())
