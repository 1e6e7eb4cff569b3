"""Time the page needs to open 200 of our nodes, beyond that of 200 core nodes of like inputs."""

import os
import statistics
import sys
import tempfile
from pathlib import Path

from fewstep.tools.chromium import HOW_TO_GET_IT, find_chromium
from fewstep.tools.demo_files import add_demo_files
from fewstep.tools.server import Server
from playwright.sync_api import sync_playwright

NODES, RUNS = 200, 7
OURS = ("FewStepScheduler", "FewStepKSampler", "FewStepLoraLoader", "FewStepRecipe")
CORE = ("BasicScheduler", "KSampler", "LoraLoaderModelOnly", "CheckpointLoaderSimple")
# Until the second frame, so that what is drawn first is in it.
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
    for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame)
    return performance.now() - begin
}"""


def report() -> None:
    program = find_chromium()
    if not program:
        print(f"\nOpening a workflow: not measured. {HOW_TO_GET_IT}")
        return
    print(f"\nOpening {NODES} nodes, median of {RUNS}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        add_demo_files(Path(folder), Path(sys.executable))
        with Server(Path(os.environ["FEWSTEP_HOST"]), Path(folder)) as server:
            browser = playwright.chromium.launch(
                executable_path=str(program), args=["--no-sandbox", "--disable-gpu"]
            )
            for renderer in ("classic", "Nodes 2.0"):
                ours, core = _measured(server, browser, renderer)
                print(
                    f"{renderer:<10} ours {ours:5.0f} ms  core {core:5.0f} ms  +{ours - core:.0f}"
                )
            browser.close()


def _measured(server, browser, renderer: str) -> tuple[float, float]:
    vue = renderer != "classic"
    server.post("/settings", {"Comfy.TutorialCompleted": True, "Comfy.VueNodes.Enabled": vue})
    page = browser.new_page(viewport={"width": 1900, "height": 1100})
    page.goto(server.url)
    page.wait_for_function("window.app?.vueAppReady && app.extensionManager")
    times: dict = {OURS: [], CORE: []}
    # In turns, and without the first of each, which warms up.
    for _ in range(RUNS + 1):
        for types, found in times.items():
            found.append(page.evaluate(_OPEN, [list(types), NODES]))
    page.close()
    return statistics.median(times[OURS][1:]), statistics.median(times[CORE][1:])
