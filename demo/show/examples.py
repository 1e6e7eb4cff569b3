"""The example workflows on the demo model, side by side: `python3 dev.py demo` calls this."""

import sys
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import torch
from torch import Tensor
from tqdm import tqdm

from tools.examples.conversion import to_api
from tools.examples.demo_workflows import demo_workflow
from tools.hosts.pack_check import check_pack
from tools.hosts.server import Server
from tools.paths import shown
from tools.user_error import UserError

from ..config import CONFIG, SEED, SIZE, WIDE
from ..places import parser
from ..scenes import data
from ..scenes.data import Scenes
from ..scenes.inputs import write_inputs
from ..scenes.sheet import write_labelled_sheet
from ..scenes.words import SHAPES, prompt
from .graph import Nodes
from .judge import Judge
from .pictures import load_pictures
from .rows import Row, row_graph

_COUNT = 8
_MARK = "demo"
_KEEP = ("--cache-lru", "500")


class Show(NamedTuple):
    """A workflow by its title, or a row of the comparison table, and the steps if others."""

    label: str
    source: str | Row
    steps: int
    changed: bool = False


SHOWS = (
    Show("no LoRA", Row(25, cfg=CONFIG.guidance), 25),
    Show("no LoRA", Row(1), 1),
    Show("LCM-LoRA", "SD 1.5 LCM in 4 steps", 4),
    Show("TCD-LoRA", "SD 1.5 TCD with sampler nodes", 4),
    Show("TCD-LoRA", "SD 1.5 TCD with sampler nodes", 2, changed=True),
    Show("TCD-LoRA", "SD 1.5 TCD with sampler nodes", 1, changed=True),
    Show("TCD-LoRA and style LoRA", "SDXL few-step with a style LoRA", 4),
    Show("image to image", "SD 1.5 few-step image to image", 4),
    Show("inpaint", "SD 1.5 few-step inpaint", 4),
    Show("scribble ControlNet", "SD 1.5 few-step ControlNet scribble", 4),
    Show("scribble ControlNet", "SD 1.5 few-step ControlNet scribble", 1, changed=True),
)


class Result(NamedTuple):
    """What came of a show: pictures B 3 H W, seconds a picture, share with all words right."""

    show: Show
    pictures: Tensor
    seconds: float
    right: float


def main(arguments: list[str] | None = None) -> int:
    """Makes the pictures, the contact sheet and a table."""
    given = parser(__doc__, "for the contact sheet").parse_args(arguments)
    scenes = data.scenes(0, _COUNT, WIDE, seed=SEED + 11, words=data.combinations())
    scenes = scenes._replace(shape=torch.arange(_COUNT) % len(SHAPES))
    try:
        results = _results(given.host, given.base, scenes)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sheet = given.output / "demo.png"
    rows = [(_label(result), result.pictures) for result in results]
    write_labelled_sheet(sheet, rows, scale=2)
    sys.stdout.write(f"{_table(results)}\n\n{shown(sheet)}\n")
    return 0


def _results(host: Path, base: Path, scenes: Scenes) -> list[Result]:
    write_inputs(base / "input", scenes, mark=_MARK)
    judge, results = Judge(), []
    sys.stderr.write("Starting ComfyUI ...\n")
    with Server(host, base, extra_args=_KEEP) as server:
        info = server.object_info()
        check_pack(server, info)
        with tqdm(total=_COUNT * len(SHOWS), unit="picture") as bar:
            for show in SHOWS:
                bar.set_description(f"{show.label}, {_steps(show)}")
                results.append(_run(server, info, show, scenes, judge, bar))
    return results


def _run(
    server: Server, info: Nodes, show: Show, scenes: Scenes, judge: Judge, bar: tqdm
) -> Result:
    pictures, seconds = [], []
    for number, words in enumerate(scenes.words.tolist()):
        try:
            entry = server.queue(show_graph(show, info, prompt(*words), number))
        except UserError as error:
            raise UserError(f'The workflow "{show.source}" failed: {error}') from None
        pictures.append(load_pictures(server.base_dir, entry))
        seconds.append(_seconds(entry))
        bar.update()
    made = torch.cat(pictures)
    return Result(show, made, median(seconds), judge.score(made, scenes.words).all)


def show_graph(show: Show, info: Nodes, text: str, number: int) -> Nodes:
    """The prompt for scene `number`, whose words are `text`."""
    if isinstance(show.source, Row):
        return row_graph(show.source, [text], number, SIZE, _MARK)
    nodes = to_api(demo_workflow(show.source), info)
    for node in nodes.values():
        node["inputs"] |= _changes(node, show, text, number)
    return nodes


def _changes(node: dict[str, Any], show: Show, text: str, number: int) -> dict[str, Any]:
    inputs, changes = node["inputs"], {}
    if node["_meta"]["title"] == "Positive":
        changes["text"] = text
    if node["class_type"] == "LoadImage":
        changes["image"] = inputs["image"].replace(".png", f"-{_MARK}-{number}.png")
    if show.changed and node["class_type"] in ("FewStepScheduler", "FewStepKSampler"):
        changes["steps"] = show.steps
    return changes | {name: number for name in ("seed", "noise_seed") if name in inputs}


def _seconds(entry: dict[str, Any]) -> float:
    times = {name: said.get("timestamp", 0) for name, said in entry["status"]["messages"]}
    return (times["execution_success"] - times["execution_start"]) / 1000


def _steps(show: Show) -> str:
    """`1 step`, `4 steps`."""
    return f"{show.steps} step{'s' * (show.steps > 1)}"


def _label(result: Result) -> str:
    return (
        f"{result.show.label}\n{_steps(result.show)}, {result.seconds:.2f} s\n"
        f"{round(result.right * _COUNT)} of {_COUNT} right"
    )


def _table(results: list[Result]) -> str:
    lines = [f"{'':<24} {'steps':>5} {'s a picture':>11} {'right':>7}"]
    lines += [
        f"{show.label:<24} {show.steps:>5} {seconds:>11.2f} {round(right * _COUNT):>3} / {_COUNT}"
        for show, _, seconds, right in results
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
