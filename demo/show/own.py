"""A person's own checkpoint and LoRA: `python3 dev.py demo --checkpoint FILE --lora FILE`."""

import argparse
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tools.examples.demo_files import place
from tools.hosts.pack_check import check_pack
from tools.hosts.server import Server
from tools.paths import shown
from tools.user_error import UserError

from ..scenes.sheet import write_labelled_sheet
from .graph import Graph, Link, Nodes, output
from .pictures import load_pictures

_COUNT = 3
_PLAIN_STEPS, _PLAIN_CFG = 25, 7.0
_TIMEOUT = 3600


def main(arguments: list[str] | None = None) -> int:
    """Makes pictures without and with the LoRA, and a contact sheet of them."""
    given = _parser().parse_args(arguments)
    try:
        _show(given)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _show(given: argparse.Namespace) -> None:
    models = given.base / "models"
    place(given.checkpoint, models / "checkpoints" / given.checkpoint.name)
    settings = [f"no LoRA\n{_PLAIN_STEPS} steps, CFG {_PLAIN_CFG:g}"]
    if given.lora:
        place(given.lora, models / "loras" / given.lora.name)
        settings.append("with the LoRA\nas its recipe says")
    rows = []
    with Server(given.host, given.base) as server:
        check_pack(server, server.object_info())
        for number, label in enumerate(tqdm(settings, unit="setting")):
            lora = given.lora.name if number else None
            entry = server.queue(own_graph(given, lora), _TIMEOUT)
            rows.append((label, load_pictures(server.base_dir, entry)))
            for text in _texts(entry):
                tqdm.write(text)
    sheet = given.output / "own.png"
    write_labelled_sheet(sheet, rows, scale=1)
    sys.stdout.write(f"{shown(sheet)}\n")


def own_graph(given: argparse.Namespace, lora: str | None) -> Nodes:
    """Pictures by the checkpoint alone, or with the LoRA as its recipe says."""
    graph = Graph()
    model = graph.add("CheckpointLoaderSimple", ckpt_name=given.checkpoint.name)
    clip, vae = output(model, 1), output(model, 2)
    size = {"width": given.size, "height": given.size, "batch_size": _COUNT}
    common = {
        "positive": graph.add("CLIPTextEncode", clip=clip, text=given.prompt),
        "negative": graph.add("CLIPTextEncode", clip=clip, text=""),
        "latent_image": graph.add("EmptyLatentImage", **size),
        "seed": 0,
        "denoise": 1.0,
    }
    sampled = _with_lora(graph, model, lora, common) if lora else _plain(graph, model, common)
    image = graph.add("VAEDecode", samples=sampled, vae=vae)
    graph.add("SaveImage", images=image, filename_prefix="own")
    return graph.nodes


def _plain(graph: Graph, model: Link, common: dict[str, Any]) -> Link:
    euler = {"sampler_name": "euler", "scheduler": "normal"}
    usual = {"steps": _PLAIN_STEPS, "cfg": _PLAIN_CFG}
    return graph.add("KSampler", model=model, **common, **euler, **usual)


def _with_lora(graph: Graph, model: Link, lora: str, common: dict[str, Any]) -> Link:
    how = {"strength": 1.0, "recipe": "auto", "apply": "merge", "step_strengths": ""}
    loaded = graph.add("FewStepLoraLoader", model=model, lora_name=lora, **how)
    as_the_recipe_says = {"steps": 0, "cfg": 0.0, "batch_seeds": "seed + index"}
    sampled = graph.add(
        "FewStepKSampler", model=loaded, recipe=output(loaded, 1), **common, **as_the_recipe_says
    )
    for text in (output(loaded, 2), output(sampled, 1)):
        graph.add("PreviewAny", source=text)
    return sampled


def _texts(entry: dict[str, Any]) -> list[str]:
    return [text for out in entry["outputs"].values() for text in out.get("text", [])]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", type=Path, required=True, help="ComfyUI's folder")
    parser.add_argument("--base", type=Path, required=True, help="its base folder")
    parser.add_argument("--output", type=Path, required=True, help="for the contact sheet")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--lora", type=Path)
    parser.add_argument("--prompt", required=True)
    parser.add_argument("--size", type=int, required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main())
