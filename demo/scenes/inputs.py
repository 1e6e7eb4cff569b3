"""The pictures that the example workflows start from, in ComfyUI's input folder."""

from pathlib import Path

import torch
from torch import Tensor

from ..config import LARGE, SEED, SIZE, WIDE
from . import data
from .data import Scenes
from .sheet import save_picture
from .words import COLOURS, SHAPES, prompt

_STAR, _RED, _BLUE = SHAPES.index("star"), COLOURS.index("red"), COLOURS.index("blue")
# A folder of pictures in the demo's other style, each with its caption, to learn that style from.
STYLE, STYLED = "fewstep-style", 32
# The repainted square is a little larger than what stood there.
_MARGIN = 1.4


def write_inputs(folder: Path, scenes: Scenes | None = None, *, mark: str = "") -> None:
    """`fewstep-example.png` shows something else, `-inpaint` has a hole, `-scribble` is an outline.

    With scenes there is a picture of each kind for every one, with `mark` and a number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chosen = _red_star() if scenes is None else scenes
    drawings = data.scribbles(chosen, LARGE)
    others = _others(chosen)
    before = data.pictures(others, LARGE)
    holes = torch.cat([before, 1 - _squares(others, LARGE)], 1)
    for number in range(len(chosen.x)):
        end = f"-{mark}-{number}.png" if mark else ".png"
        save_picture(folder / f"fewstep-example{end}", before[number])
        save_picture(folder / f"fewstep-inpaint{end}", holes[number])
        save_picture(folder / f"fewstep-scribble{end}", drawings[number])


def write_style(folder: Path, count: int = STYLED) -> None:
    """Outlined pictures of words that the demo was trained on, and a text file beside each."""
    batch, drawn = styled(count)
    folder = folder / STYLE
    folder.mkdir(parents=True, exist_ok=True)
    for number, words in enumerate(batch.words.tolist()):
        save_picture(folder / f"{number:03}.png", drawn[number])
        (folder / f"{number:03}.txt").write_text(prompt(*words) + "\n", "utf-8")


def styled(count: int) -> tuple[Scenes, Tensor]:
    """Scenes, and their outlined pictures B 3 H W."""
    batch = data.scenes(0, count, WIDE, seed=SEED + 31, words=data.trained())
    return batch, data.pictures(batch, SIZE, outlined=True)


def _red_star() -> Scenes:
    batch = data.scenes(0, 1, WIDE, seed=SEED + 30, words=data.combinations())
    red_star = torch.tensor([[_STAR], [_RED], [_BLUE]])
    middle = torch.tensor([0.5], dtype=torch.float64)
    return batch._replace(
        shape=red_star[0], colour=red_star[1], background=red_star[2],
        x=middle, y=middle, radius=0.5 * middle, turn=0.4 * middle,
    )  # fmt: skip


def _others(scenes: Scenes) -> Scenes:
    """The next shape in another colour, at the same place before the same background."""
    colour = (scenes.colour + 1) % len(COLOURS)
    colour = torch.where(colour == scenes.background, (colour + 1) % len(COLOURS), colour)
    return scenes._replace(shape=(scenes.shape + 1) % len(SHAPES), colour=colour)


def _squares(scenes: Scenes, size: int) -> Tensor:
    """B 1 H W, 1 inside."""
    grid = (torch.arange(size) + 0.5) / size
    reach = (_MARGIN * scenes.radius)[:, None]
    across = (grid - scenes.x[:, None]).abs() < reach
    down = (grid - scenes.y[:, None]).abs() < reach
    return (down[:, :, None] & across[:, None, :])[:, None].float()
