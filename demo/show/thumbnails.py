"""The pictures that the template browser shows: `python3 dev.py thumbnails` calls this.

Each is what the demo model makes of the example beside it; examples for models that it cannot
stand in for have none.
"""

import argparse
import io
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from PIL import Image
from tqdm import tqdm

from tools.examples.conversion import to_api
from tools.examples.demo_workflows import demo_titles, demo_workflow
from tools.hosts.pack_check import check_pack
from tools.hosts.server import Server
from tools.user_error import UserError

_WIDTH, _QUALITY = 384, 88
# What is drawn on the canvas of an example that waits for a drawing.
_DRAWING = "fewstep-scribble.png"


def main(arguments: list[str] | None = None) -> int:
    """Runs every example that the demo model can, and writes a JPG beside each."""
    given = _parser().parse_args(arguments)
    try:
        with Server(given.host, given.base) as server:
            info = server.object_info()
            check_pack(server, info)
            for title in tqdm(demo_titles(), unit="picture"):
                _sheet(_pictures(server, title, info)).save(
                    given.output / f"{title}.jpg", quality=_QUALITY, optimize=True
                )
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _pictures(server: Server, title: str, info: dict[str, Any]) -> list[Image.Image]:
    prompt = to_api(demo_workflow(title), info)
    for node in prompt.values():
        if node["class_type"] == "Painter":
            node["inputs"]["mask"] = _DRAWING
    outputs = server.queue(prompt)["outputs"]
    shown = [
        picture
        for number, out in outputs.items()
        if prompt[number]["class_type"] in ("SaveImage", "PreviewImage")
        for picture in out["images"]
    ]
    return [Image.open(io.BytesIO(server.get(f"/view?{urlencode(one)}"))) for one in shown]


def _sheet(pictures: list[Image.Image]) -> Image.Image:
    """One picture, or as many as there are in a square."""
    across = 1
    while across**2 < len(pictures):
        across += 1
    each = _WIDTH // across
    sheet = Image.new("RGB", (_WIDTH, each * -(-len(pictures) // across)))
    for number, picture in enumerate(pictures):
        enlarged = picture.convert("RGB").resize((each, each), Image.Resampling.LANCZOS)
        sheet.paste(enlarged, (number % across * each, number // across * each))
    return sheet


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", type=Path, required=True, help="ComfyUI's folder")
    parser.add_argument("--base", type=Path, required=True, help="its base folder, with models")
    parser.add_argument("--output", type=Path, required=True, help="the folder of the examples")
    return parser


if __name__ == "__main__":
    sys.exit(main())
