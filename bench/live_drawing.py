"""Live drawing on the demo model: from queueing a stroke to its picture, and who takes the time."""

import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageDraw

STROKES, WARM = 40, 5
TITLE = "SD 1.5 few-step live drawing"


def report() -> None:
    from fewstep.tools.examples.conversion import to_api
    from fewstep.tools.examples.demo_files import add_demo_files
    from fewstep.tools.examples.demo_workflows import demo_workflow
    from fewstep.tools.hosts.server import Server

    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        add_demo_files(base, Path(sys.executable))
        pack = base / "custom_nodes" / "live_times"
        pack.mkdir()
        shutil.copy(Path(__file__).with_name("live_times.py"), pack / "__init__.py")
        with Server(Path(os.environ["FEWSTEP_HOST"]), base) as server:
            info = server.object_info()
            print(f"\n{TITLE}, on the demo model")
            if "Painter" not in info:
                return print("  this ComfyUI has no Painter")
            prompt = to_api(demo_workflow(TITLE), info)
            _print([_stroke(server, prompt, number) for number in range(STROKES)][WARM:])


def _stroke(server, prompt, number: int) -> dict[str, float]:
    """Milliseconds of the parts of one picture."""
    canvas = next(node for node in prompt.values() if node["class_type"] == "Painter")
    canvas["inputs"]["mask"] = _drawing(server.base_dir / "input", number)
    server.get("/bench/times")
    begin = time.time()
    entry = server.wait(server.submit(prompt))
    messages = dict(entry["status"]["messages"])
    spent = {name: 1000 * value for name, value in server.get("/bench/times").items()}
    whole = messages["execution_success"]["timestamp"] - 1000 * begin
    ours = spent["node"] - spent["core sampling"] + spent["sampler"] - spent["call"]
    model = {name: spent[name] for name in ("UNet", "ControlNet", "VAE")}
    return {**model, "our nodes": ours, "host": whole - ours - sum(model.values()), "all": whole}


def _drawing(folder: Path, number: int) -> str:
    canvas, draw = Image.new("RGBA", (64, 64)), random.Random(number)
    corner, size = draw.randrange(4, 28), draw.randrange(22, 34)
    box = (corner, corner, corner + size, corner + size)
    ImageDraw.Draw(canvas).ellipse(box, outline="white", width=2)
    canvas.save(folder / f"stroke-{number}.png")
    return f"stroke-{number}.png"


def _print(strokes: list[dict[str, float]]) -> None:
    whole = statistics.median(stroke["all"] for stroke in strokes)
    print(f"  from queueing to picture: median {whole:.0f} ms of {len(strokes)} strokes")
    for name in ("UNet", "ControlNet", "VAE", "host", "our nodes"):
        part = statistics.median(stroke[name] for stroke in strokes)
        share = statistics.median(stroke[name] / stroke["all"] for stroke in strokes)
        print(f"    {name:<12}{part:8.1f} ms{share:8.1%}")
