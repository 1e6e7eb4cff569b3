"""A person's own checkpoint and LoRA: `python3 dev.py demo --checkpoint FILE --lora FILE`."""

import argparse
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tools.demo_files import place
from tools.pack_check import check_pack
from tools.paths import shown
from tools.server import Server
from tools.user_error import UserError

from .pictures import load_pictures
from .rows import Graph
from .sheet import write_labelled_sheet

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
            entry = server.queue(_graph(given, lora), _TIMEOUT)
            rows.append((label, load_pictures(server.base_dir, entry)))
            for text in _texts(entry):
                tqdm.write(text)
    sheet = given.output / "own.png"
    write_labelled_sheet(sheet, rows, scale=1)
    sys.stdout.write(f"{shown(sheet)}\n")


def _graph(given: argparse.Namespace, lora: str | None) -> Graph:
    nodes: Graph = {}

    def add(class_type: str, **inputs: Any) -> list:
        nodes[str(len(nodes))] = {"class_type": class_type, "inputs": inputs}
        return [str(len(nodes) - 1), 0]

    model = add("CheckpointLoaderSimple", ckpt_name=given.checkpoint.name)
    clip, vae = [model[0], 1], [model[0], 2]
    common = {
        "positive": add("CLIPTextEncode", clip=clip, text=given.prompt),
        "negative": add("CLIPTextEncode", clip=clip, text=""),
        "latent_image": add(
            "EmptyLatentImage", width=given.size, height=given.size, batch_size=_COUNT
        ),
        "seed": 0,
        "denoise": 1.0,
    }
    if lora:
        loaded = add(
            "FewStepLoraLoader",
            model=model,
            lora_name=lora,
            strength=1.0,
            recipe="auto",
            apply="merge",
            step_strengths="",
        )
        add("PreviewAny", source=[loaded[0], 2])
        recipe = [loaded[0], 1]
        sampled = add(
            "FewStepKSampler",
            **common,
            model=loaded,
            recipe=recipe,
            steps=0,
            cfg=0.0,
            batch_seeds="seed + index",
        )
        add("PreviewAny", source=[sampled[0], 1])
    else:
        euler = {"sampler_name": "euler", "scheduler": "normal"}
        sampled = add(
            "KSampler", **common, **euler, model=model, steps=_PLAIN_STEPS, cfg=_PLAIN_CFG
        )
    image = add("VAEDecode", samples=sampled, vae=vae)
    add("SaveImage", images=image, filename_prefix="own")
    return nodes


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
