"""Every example workflow as a person opens, saves and runs it."""

import json
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from fewstep.tools.examples.conversion import to_api, widget_values
from fewstep.tools.examples.demo_workflows import demo_workflow
from fewstep.tools.paths import EXAMPLES

sys.path.insert(0, str(Path(__file__).parent))
from graph import open_workflow, settled  # noqa: E402

FILES = sorted(EXAMPLES.glob("*.json"))
_SAVE = """() => {
    const saved = JSON.parse(JSON.stringify(app.graph.serialize()))
    for (const node of saved.nodes) if (node.type === 'Painter') node.widgets_values[0] = ''
    return saved
}"""
# Nodes 2.0 sends the canvas of Painter as a file with a name of its own each time.
_PROMPT = """async () => {
    const { output } = await app.graphToPrompt()
    for (const node of Object.values(output)) {
        if (node.class_type === 'Painter') node.inputs.mask = ''
    }
    return output
}"""
_BOXES = "() => app.graph.nodes.map(node => [node.title, ...node.getBounding()])"


class Opened(NamedTuple):
    """What the page made of an example: as it was opened, and as it was opened again once saved."""

    workflow: dict
    warnings: list[str]
    boxes: list[list]
    prompt: dict
    saved: dict
    prompt_again: dict
    saved_again: dict


@pytest.fixture(scope="module", params=FILES, ids=[file.stem for file in FILES])
def example(request) -> Path:
    return request.param


@pytest.fixture(scope="module")
def opened(shared_page, renderer, example, screenshot) -> Opened:
    """Each example is opened once a page, since that takes longer than all that is asked of it."""
    page = shared_page
    workflow = _open(page, example)
    warnings, boxes = _warnings(page), page.evaluate(_BOXES)
    screenshot(example.stem)
    prompt, saved = page.evaluate(_PROMPT), page.evaluate(_SAVE)
    _show(page, saved)
    again = page.evaluate(_PROMPT), page.evaluate(_SAVE)
    warnings += [*_warnings(page), *page.guard.complaints()]
    return Opened(workflow, warnings, boxes, prompt, saved, *again)


def test_opens_without_a_warning(opened):
    assert not opened.warnings


def test_no_node_covers_another(opened):
    covered = [
        (a[0], b[0]) for i, a in enumerate(opened.boxes) for b in opened.boxes[:i] if _overlap(a, b)
    ]
    assert not covered


def test_the_page_sends_what_we_convert_it_to(opened, object_info):
    assert opened.prompt == to_api(opened.workflow, object_info)


def test_saving_and_opening_again_keeps_everything(opened, object_info):
    assert _values(opened.saved, object_info) == _values(opened.workflow, object_info)
    assert opened.prompt_again == opened.prompt
    assert opened.saved_again["nodes"] == opened.saved["nodes"]


@pytest.mark.parametrize("name", ["FewStepSamplerTCD", "v1-5-pruned-emaonly-fp16.safetensors"])
def test_a_warning_would_be_seen(page, name):
    text = (EXAMPLES / "SD 1.5 TCD with sampler nodes.json").read_text("utf-8")
    _show(page, json.loads(text.replace(name, f"missing-{name}")))
    assert "View details" in _warnings(page)
    assert page.evaluate("app.graph.nodes.some(node => node.has_errors)")


def test_runs_from_the_page(page, server):
    _show(page, demo_workflow("SD 1.5 Hyper-SD unified, 1 to 8 steps"))
    with page.expect_response("**/api/prompt") as sent:
        page.evaluate("app.queuePrompt(0)")
    entry = server.wait(sent.value.json()["prompt_id"])
    assert entry["status"]["status_str"] == "success"
    assert any(out.get("images") for out in entry["outputs"].values())


def _open(page, file: Path) -> dict:
    workflow = json.loads(file.read_text("utf-8"))
    _show(page, workflow)
    return workflow


def _show(page, workflow: dict) -> None:
    open_workflow(page, workflow)
    # As small as the classic canvas still draws what is on a node, so that all of it is in view.
    page.evaluate("app.canvas.ds.scale = 0.68; app.canvas.ds.offset = [80, 60]")
    settled(page)


def _warnings(page) -> list[str]:
    """What the page shows about missing nodes, missing models and wrong values."""
    shown = page.locator("[role=dialog]:visible, [role=alert]:visible").all_inner_texts()
    shown += page.get_by_text("View details").all_inner_texts()
    return shown + page.evaluate(
        "app.graph.nodes.filter(node => node.has_errors).map(node => node.title)"
    )


def _overlap(a, b) -> bool:
    return a[1] < b[1] + b[3] and b[1] < a[1] + a[3] and a[2] < b[2] + b[4] and b[2] < a[2] + a[4]


def _values(workflow, object_info):
    known = [node for node in workflow["nodes"] if node["type"] in object_info]
    return {n["id"]: dict(widget_values(n, object_info[n["type"]])) for n in known}
