"""The example workflows for the demo model, which draws smaller pictures than they ask for."""

import json
from pathlib import Path
from typing import Any

from ..paths import EXAMPLES
from .model_files import is_for_the_demo

_ASKED, _DRAWN = (512, 1024), 64
_SIZED = ("EmptyLatentImage", "EmptySD3LatentImage", "ImageScale", "Painter")


def example(title: str) -> dict[str, Any]:
    """The example with this title, as saved."""
    return json.loads((EXAMPLES / f"{title}.json").read_text("utf-8"))


def demo_workflow(title: str) -> dict[str, Any]:
    """The example with this title at the demo model's size."""
    workflow = example(title)
    for node in workflow["nodes"]:
        if node["type"] in _SIZED:
            values = node["widgets_values"]
            node["widgets_values"] = [_DRAWN if value in _ASKED else value for value in values]
    return workflow


def titles() -> list[str]:
    """All examples, as the template browser sorts them."""
    return sorted(file.stem for file in EXAMPLES.glob("*.json"))


def demo_titles() -> list[str]:
    """The examples whose model files are all the demo model's."""
    return [title for title in titles() if is_for_the_demo(example(title))]


def add_demo_workflows(base_dir: Path) -> None:
    """Puts those it can run into the workflow list of the host's page; what is there stays."""
    folder = base_dir / "user" / "default" / "workflows"
    folder.mkdir(parents=True, exist_ok=True)
    for title in demo_titles():
        copy = folder / f"{title}.json"
        if not copy.exists():
            copy.write_text(json.dumps(demo_workflow(title)), "utf-8")
