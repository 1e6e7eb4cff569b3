"""The example workflows for the demo model, which draws smaller pictures than they ask for."""

import json
from pathlib import Path
from typing import Any

from .paths import EXAMPLES

_ASKED, _DRAWN = 512, 64
_SIZED = ("EmptyLatentImage", "ImageScale")


def demo_workflow(title: str) -> dict[str, Any]:
    """The example with this title, as saved, at the demo model's size."""
    workflow = json.loads((EXAMPLES / f"{title}.json").read_text("utf-8"))
    for node in workflow["nodes"]:
        if node["type"] in _SIZED:
            values = node["widgets_values"]
            node["widgets_values"] = [_DRAWN if value == _ASKED else value for value in values]
    return workflow


def add_demo_workflows(base_dir: Path) -> None:
    """Puts them into the workflow list of the host's page; those that are there stay."""
    folder = base_dir / "user" / "default" / "workflows"
    folder.mkdir(parents=True, exist_ok=True)
    for file in EXAMPLES.glob("*.json"):
        copy = folder / file.name
        if not copy.exists():
            copy.write_text(json.dumps(demo_workflow(file.stem)), "utf-8")
