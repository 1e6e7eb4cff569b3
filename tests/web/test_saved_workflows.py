"""Workflows as people have them, each as the page sends it: `data/workflows`, and the templates.

In every run some of the templates, by chance of a fixed seed; FEWSTEP_THOROUGH=1 takes all.
"""

import importlib.util
import json
import os
import random
import sys
from pathlib import Path

import pytest
from fewstep.client.page.virtual import is_virtual

sys.path.insert(0, str(Path(__file__).parent))
from sent import (  # noqa: E402
    MADE_BY_PAGE,
    add_nodes_of_packs,
    differences,
    sent_by_client,
    sent_by_page,
    shape,
)

CASES = sorted((Path(__file__).parent / "data" / "workflows").glob("*.json"))
_SEED = 19
# In Nodes 2.0 the same code sends; a few say so.
_SOME = {"classic": (len(CASES), 70), "nodes 2.0": (20, 10)}
# A page that has had so many is slower with each.
_BEFORE_RELOAD = 25
_READY = "window.app?.vueAppReady && app.extensionManager"


def test_workflows_of_every_kind_are_sent_as_the_page_sends_them(host_page, renderer, object_info):
    add_nodes_of_packs(host_page)
    different = {}
    for file in random.Random(_SEED).sample(CASES, _SOME[renderer][0]):
        text = file.read_text("utf-8")
        theirs, ours = sent_by_page(host_page, text), sent_by_client(text, object_info)
        # What the page makes of a group node gets new ids, in no order that means anything.
        if "group" in file.stem.split() or "groups" in file.stem.split():
            found = [] if shape(theirs) == shape(ours) else [theirs, ours]
        else:
            found = differences(theirs, ours)
        different |= {file.stem: found} if found else {}
    assert not different


def test_the_official_templates_are_sent_as_the_page_sends_them(
    host_page, renderer, object_info, capsys
):
    known = [file for file in _templates() if _types(file) <= object_info.keys()]
    some = random.Random(_SEED).sample(known, _SOME[renderer][1])
    different, other_titles = {}, set()
    for number, file in enumerate(known if os.environ.get("FEWSTEP_THOROUGH") else some, 1):
        text = file.read_text("utf-8")
        untitled = _untitled(json.loads(text))
        theirs, ours = sent_by_page(host_page, text), sent_by_client(text, object_info)
        # The page has the titles of such nodes in its own translation of their names.
        named = {key for key in ours.keys() & theirs if key.rsplit(":", 1)[-1] in untitled}
        found = differences(theirs, ours, named)
        different |= {file.stem: found} if found else {}
        other_titles |= {
            theirs[key]["class_type"] for key in named if theirs[key]["_meta"] != ours[key]["_meta"]
        }
        if number % _BEFORE_RELOAD == 0:
            host_page.reload()
            host_page.wait_for_function(_READY)
    with capsys.disabled():
        sys.stdout.write(f"\nLeft out of {number} of {len(known)} templates ({renderer}):\n")
        for (kind, name), why in MADE_BY_PAGE.items():
            sys.stdout.write(f"  {kind}.{name}: {why}\n")
        titles = ", ".join(sorted(other_titles))
        sys.stdout.write(f"  titles that the page translates, of nodes without one: {titles}\n")
    assert len(known) > 200
    assert not different


def _templates() -> list[Path]:
    found = importlib.util.find_spec("comfyui_workflow_templates_json")
    if not found:
        pytest.skip("The host has not brought its templates.")
    files = sorted(Path(found.origin).parent.glob("templates/*.json"))
    return [file for file in files if isinstance(_read(file), dict) and "nodes" in _read(file)]


def _types(file: Path) -> set[str]:
    defined = (_read(file).get("definitions") or {}).get("subgraphs") or []
    nodes = [node for graph in (_read(file), *defined) for node in graph["nodes"]]
    own = {graph["id"] for graph in defined}
    seen = [{"widgets_values": [], **node} for node in nodes]
    return {node["type"] for node in seen if not is_virtual(node)} - own


def _untitled(workflow: dict) -> set[str]:
    defined = (workflow.get("definitions") or {}).get("subgraphs") or []
    nodes = [node for graph in (workflow, *defined) for node in graph["nodes"]]
    return {str(node["id"]) for node in nodes if not node.get("title")}


def _read(file: Path) -> dict:
    return json.loads(file.read_text("utf-8"))
