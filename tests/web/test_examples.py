"""Every example workflow as a person opens, saves and runs it."""

import json
import sys
from pathlib import Path

import pytest
from fewstep.tools.examples.conversion import to_api, widget_values
from fewstep.tools.paths import EXAMPLES

sys.path.insert(0, str(Path(__file__).parent))
from graph import PageGraph  # noqa: E402

FILES = sorted(EXAMPLES.glob("*.json"))
_LOAD = "async workflow => { await app.loadGraphData(workflow) }"
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


def _open(page, file: Path) -> dict:
    workflow = json.loads(file.read_text("utf-8"))
    page.evaluate(_LOAD, workflow)
    return workflow


@pytest.fixture(params=FILES, ids=[file.stem for file in FILES])
def example(request) -> Path:
    return request.param


def test_opens_without_a_warning(page, example, screenshot):
    _open(page, example)
    page.evaluate("app.canvas.ds.scale = 0.68; app.canvas.ds.offset = [80, 60]")
    screenshot(example.stem)
    assert not _warnings(page)


@pytest.mark.parametrize("name", ["FewStepSamplerTCD", "fewstep-demo.safetensors"])
def test_a_warning_would_be_seen(page, name):
    text = (EXAMPLES / "TCD-LoRA in 4 steps.json").read_text("utf-8")
    page.evaluate(_LOAD, json.loads(text.replace(name, f"missing-{name}")))
    page.wait_for_function("app.graph.nodes.some(node => node.has_errors)")
    page.get_by_text("View details").wait_for()
    assert _warnings(page)


def test_no_node_covers_another(page, example):
    _open(page, example)
    PageGraph(page).settled()
    boxes = page.evaluate(_BOXES)
    covered = [(a[0], b[0]) for i, a in enumerate(boxes) for b in boxes[:i] if _overlap(a, b)]
    assert not covered


def test_the_page_sends_what_we_convert_it_to(page, example, object_info):
    workflow = _open(page, example)
    assert page.evaluate(_PROMPT) == to_api(workflow, object_info)


def test_saving_and_opening_again_keeps_everything(page, example, object_info):
    workflow = _open(page, example)
    PageGraph(page).settled()
    saved = page.evaluate(_SAVE)
    assert _values(saved, object_info) == _values(workflow, object_info)
    before = page.evaluate(_PROMPT)
    page.evaluate(_LOAD, saved)
    PageGraph(page).settled()
    assert page.evaluate(_PROMPT) == before
    assert page.evaluate(_SAVE)["nodes"] == saved["nodes"]


def test_runs_from_the_page(page, server):
    _open(page, EXAMPLES / "Hyper-SD unified in 1 step.json")
    before = set(server.get("/history"))
    page.evaluate("app.queuePrompt(0)")
    for _ in range(600):
        ended = [entry for key, entry in server.get("/history").items() if key not in before]
        if ended:
            break
        page.wait_for_timeout(100)
    assert [entry["status"]["status_str"] for entry in ended] == ["success"]
    assert any(out.get("images") for out in ended[0]["outputs"].values())


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
