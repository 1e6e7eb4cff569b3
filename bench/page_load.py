"""Time the page needs to open 200 of our nodes, beside that of 200 core nodes of like widgets."""

import json
import os
import sys
import tempfile
from pathlib import Path

from fewstep.tools.examples.demo_files import add_demo_files
from fewstep.tools.hosts.server import Server
from fewstep.tools.machine.chromium import HOW_TO_GET_IT, find_chromium
from playwright.sync_api import sync_playwright

NODES = 200
# Nodes 2.0 takes seconds for so many nodes of any kind.
RUNS = {"classic": 9, "Nodes 2.0": 3}
_SCRIPT = "text/javascript"
_SLIDER, _NUMBER = '"display": "slider"', '"display": "number"'
OURS = ("FewStepScheduler", "FewStepKSampler", "FewStepLoraLoader", "FewStepRecipe")
# As many widgets in view, 19 a group of four; core has no node with a slider, so a second row
# gives its nodes as many of them as ours have.
CORE = ("SaveAnimatedWEBP", "KSampler", "SaveWEBM", "BasicScheduler")
AS_SLIDERS = {"KSampler": "cfg", "BasicScheduler": "steps"}
# Until the workflow is loaded, and until the second frame after it, drawn without a GPU.
_OPEN = """async ([types, count]) => {
    app.graph.clear()
    for (let i = 0; i < count; i++) {
        const node = LiteGraph.createNode(types[i % types.length])
        node.pos = [(i % 20) * 400, Math.floor(i / 20) * 500]
        app.graph.add(node)
    }
    const workflow = JSON.parse(JSON.stringify(app.graph.serialize()))
    workflow.id = crypto.randomUUID()
    app.graph.clear()
    await new Promise(resolve => setTimeout(resolve, 300))
    const begin = performance.now()
    await app.loadGraphData(workflow)
    const loaded = performance.now() - begin
    for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame)
    return [loaded, performance.now() - begin]
}"""


def report() -> None:
    program = find_chromium()
    if not program:
        print(f"\nOpening a workflow: not measured. {HOW_TO_GET_IT}")
        return
    print(f"\nOpening {NODES} nodes, the best of {RUNS}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        add_demo_files(Path(folder), Path(sys.executable))
        with Server(Path(os.environ["FEWSTEP_HOST"]), Path(folder)) as server:
            browser = playwright.chromium.launch(
                executable_path=str(program), args=["--no-sandbox", "--disable-gpu"]
            )
            for renderer, runs in RUNS.items():
                found = _measured(server, browser, renderer, runs)
                for name, (loaded, shown) in found.items():
                    print(f"{renderer:<10} {name:<20} {loaded:6.0f} ms, shown {shown:6.0f} ms")
            browser.close()


def _measured(server, browser, renderer: str, runs: int) -> dict[str, tuple[float, ...]]:
    vue = renderer != "classic"
    server.post("/settings", {"Comfy.TutorialCompleted": True, "Comfy.VueNodes.Enabled": vue})
    changed = {
        "core": (_as_it_is, CORE),
        "core, with sliders": (_with_sliders, CORE),
        "ours": (_as_it_is, OURS),
        "ours, no sliders": (_without_sliders, OURS),
        "ours, no panels": (_without_panels, OURS),
    }
    cases = {
        name: (_page(server, browser, change), types) for name, (change, types) in changed.items()
    }
    times: dict[str, list] = {name: [] for name in cases}
    # In turns, and without the first of each, which warms up.
    for _ in range(runs + 1):
        for name, (page, types) in cases.items():
            page.bring_to_front()
            times[name].append(page.evaluate(_OPEN, [list(types), NODES]))
    for page, _ in cases.values():
        page.close()
    return {name: tuple(map(min, zip(*found[1:], strict=True))) for name, found in times.items()}


def _page(server, browser, change):
    page = browser.new_page(viewport={"width": 1900, "height": 1100})
    change(page)
    page.goto(server.url)
    page.wait_for_function("window.app?.vueAppReady && app.extensionManager", timeout=120_000)
    return page


def _as_it_is(page):
    pass


def _without_panels(page):
    empty = "export const createDesk = () => ({ attach() {}, refreshSoon() {}, learn() {} })"
    page.route("**/desk.js", lambda route: route.fulfill(body=empty, content_type=_SCRIPT))


def _with_sliders(page):
    def sliders(text):
        nodes = json.loads(text)
        for name, given in AS_SLIDERS.items():
            nodes[name]["input"]["required"][given][1]["display"] = "slider"
        return json.dumps(nodes)

    _change_definitions(page, sliders)


def _without_sliders(page):
    _change_definitions(page, lambda text: text.replace(_SLIDER, _NUMBER))


def _change_definitions(page, change):
    def changed(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=change(answer.text()))

    page.route("**/object_info", changed)
