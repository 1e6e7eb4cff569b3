"""The pictures of docs/troubleshooting.md: `python3 dev.py pictures` calls this.

Each fault is drawn by the demo model beside the same seeds done right; what a panel says of a file
or of a failed run is taken from the page.
"""

import io
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page
from tqdm import tqdm

from tools.hosts.server import Server

from ..files.assemble import CHECKPOINT, lora_name
from ..places import parser
from .graph import Graph, Link, Nodes, output
from .page import open_page

_PROMPTS = (
    "a red star on a blue background",
    "a green circle on a yellow background",
    "a blue heart on a red background",
)
_SIZE, _SHOWN, _GAP, _HEAD = 64, 144, 4, 30
_INK, _PAPER = "#1b1b1b", "#ffffff"
_QUALITY = 85


class Run(NamedTuple):
    """How core's nodes are set; `steps` before `end` are sampled, and noise is left after it."""

    says: str
    steps: int = 4
    cfg: float = 1.0
    lora: str | None = "lcm"
    strength: float = 1.0
    sampler: str = "lcm"
    scheduler: str = "simple"
    end: int = 0
    negative: str = ""


_TCD = {"lora": "tcd", "sampler": "euler"}
_FAULTS = {
    "burnt": (Run("CFG 7", cfg=7.0), Run("CFG 1")),
    "grey": (
        Run("1 step of ddim_uniform, from t = 1", 1, scheduler="ddim_uniform", **_TCD),
        Run("1 step from t = 999", 1, **_TCD),
    ),
    "noisy": (
        Run("stopped at step 3 of 4", end=3, **_TCD),
        Run("all 4 steps", **_TCD),
    ),
    "blurred": (
        Run("2 steps, no accelerator", 2, lora=None, sampler="euler", scheduler="normal"),
        Run("2 steps with LCM-LoRA", 2),
    ),
    "washed_out": (
        Run("1 step, LoRA strength 0.3", 1, strength=0.3, **_TCD),
        Run("strength 1", 1, **_TCD),
    ),
    "nothing_happens": (
        Run("negative prompt, CFG 1", negative="a blue background"),
        Run("no negative prompt"),
    ),
}
# A loader on the page with a file and a recipe, run if it is to fail.
_PANELS = {
    "not_recognised": ("fewstep-demo-style.safetensors", "auto", False),
    "wrong_base": ("fewstep-demo-lcm.safetensors", "hyper-sd/flux-8step", True),
}
_PLACE = """async ([checkpoint, lora, recipe, run]) => {
    await app.loadGraphData({
        id: crypto.randomUUID(), version: 0.4,
        last_node_id: 0, last_link_id: 0, nodes: [], links: [],
    })
    const add = (type, place, values) => {
        const node = LiteGraph.createNode(type)
        node.pos = place
        app.graph.add(node)
        for (const [name, value] of Object.entries(values)) {
            const widget = node.widgets.find(widget => widget.name === name)
            widget.value = value
            widget.callback?.(value)
        }
        return node
    }
    const model = add("CheckpointLoaderSimple", [-900, 160], { ckpt_name: checkpoint })
    const loader = add("FewStepLoraLoader", [420, 160], { lora_name: lora, recipe })
    const shown = add("PreviewAny", [1500, 160], {})
    model.connect(0, loader, 0)
    loader.connect(2, shown, 0)
    loader.setSize([360, loader.computeSize()[1]])
    app.canvas.ds.scale = 1
    app.canvas.ds.offset = [0, 0]
    app.canvas.setDirty(true, true)
    if (run) await app.queuePrompt(0)
    return loader.id
}"""


def main() -> None:
    given = parser(__doc__, "the folder of the pictures").parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    with open_page(given.host, given.base, 1300, 1100) as (server, page):
        for name, runs in tqdm(_FAULTS.items(), unit="fault"):
            parts = [(run.says, _pictures(server, run_graph(run))) for run in runs]
            _save(_beside(parts), given.output / f"{name}.jpg")
        (sheet,) = _pictures(server, sheet_graph())
        _save(sheet, given.output / "slower.jpg")
        for name, (lora, recipe, run) in _PANELS.items():
            _panel(page, [CHECKPOINT, lora, recipe, run], given.output / f"{name}.jpg")


def run_graph(run: Run) -> Nodes:
    """The prompts with seeds 0, 1, 2 as this run has them, by core's nodes alone."""
    graph = Graph()
    model, clip, vae = _loaded(graph, run.lora, run.strength)
    for seed, prompt in enumerate(_PROMPTS):
        sampled = graph.add(
            "KSamplerAdvanced" if run.end else "KSampler",
            model=model,
            positive=graph.add("CLIPTextEncode", clip=clip, text=prompt),
            negative=graph.add("CLIPTextEncode", clip=clip, text=run.negative),
            latent_image=graph.add("EmptyLatentImage", width=_SIZE, height=_SIZE, batch_size=1),
            steps=run.steps,
            cfg=run.cfg,
            sampler_name=run.sampler,
            scheduler=run.scheduler,
            **(_stopped(seed, run.end) if run.end else {"seed": seed, "denoise": 1.0}),
        )
        image = graph.add("VAEDecode", samples=sampled, vae=vae)
        graph.add("SaveImage", images=image, filename_prefix=f"fault-{seed}")
    return graph.nodes


def sheet_graph() -> Nodes:
    """CFG 1 and 2 beside each other, with the seconds each took."""
    graph = Graph()
    model, clip, vae = _loaded(graph, None, 1.0)
    how = {"strength": 1.0, "recipe": "lcm/sd15-lora", "apply": "merge", "step_strengths": ""}
    model = graph.add("FewStepLoraLoader", model=model, lora_name=lora_name("lcm"), **how)
    size = {"width": 2 * _SIZE, "height": 2 * _SIZE, "batch_size": 1}
    sheet = graph.add(
        "FewStepCompare",
        model=model,
        positive=graph.add("CLIPTextEncode", clip=clip, text=_PROMPTS[0]),
        negative=graph.add("CLIPTextEncode", clip=clip, text=""),
        latent_image=graph.add("EmptyLatentImage", **size),
        vae=vae,
        seed=0,
        steps="8",
        gammas="-1",
        # The first of a run also loads the model.
        cfgs="1.5, 1, 2",
        strengths="",
        denoise=1.0,
        seconds=True,
    )
    graph.add("SaveImage", images=sheet, filename_prefix="fault-sheet")
    return graph.nodes


def _loaded(graph: Graph, lora: str | None, strength: float) -> tuple[Link, Link, Link]:
    model = graph.add("CheckpointLoaderSimple", ckpt_name=CHECKPOINT)
    clip, vae = output(model, 1), output(model, 2)
    if lora:
        how = {"lora_name": lora_name(lora), "strength_model": strength}
        model = graph.add("LoraLoaderModelOnly", model=model, **how)
    return model, clip, vae


def _stopped(seed: int, end: int) -> dict[str, Any]:
    return {
        "add_noise": "enable",
        "noise_seed": seed,
        "start_at_step": 0,
        "end_at_step": end,
        "return_with_leftover_noise": "enable",
    }


def _pictures(server: Server, graph: Nodes) -> list[Image.Image]:
    """What the graph saves, in the order of its nodes."""
    outputs = server.queue(graph)["outputs"]
    found = [file for number in graph for file in outputs.get(number, {}).get("images", [])]
    return [Image.open(io.BytesIO(server.get(f"/view?{urlencode(file)}"))) for file in found]


def _beside(parts: list[tuple[str, list[Image.Image]]]) -> Image.Image:
    """The pictures of each run in a row, with what it says above, and a gap between the runs."""
    width = sum(len(pictures) * (_SHOWN + _GAP) for _, pictures in parts) + 4 * _GAP
    sheet = Image.new("RGB", (width, _HEAD + _SHOWN), _PAPER)
    draw, font, left = ImageDraw.Draw(sheet), ImageFont.load_default(16), 0
    for says, pictures in parts:
        draw.text((left, _HEAD / 2), says, _INK, font, anchor="lm")
        for picture in pictures:
            large = picture.convert("RGB").resize((_SHOWN, _SHOWN), Image.Resampling.BICUBIC)
            sheet.paste(large, (left, _HEAD))
            left += _SHOWN + _GAP
        left += 4 * _GAP
    return sheet


def _panel(page: Page, placed: list[Any], path: Path) -> None:
    node = page.evaluate(_PLACE, placed)
    # The file is asked for and the run fails meanwhile; the node grows around what its panel says.
    page.wait_for_timeout(6000 if placed[-1] else 2500)
    page.locator(f'[data-node-id="{node}"]').screenshot(path=path, type="jpeg", quality=_QUALITY)


def _save(picture: Image.Image, path: Path) -> None:
    picture.convert("RGB").save(path, quality=_QUALITY, optimize=True)


if __name__ == "__main__":
    main()
