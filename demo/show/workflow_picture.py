"""`dev.py pictures`: the first example as the page shows it after a run, for the README."""

from playwright.sync_api import Page

from tools.examples.demo_workflows import demo_workflow, titles

from ..places import parser
from .page import open_page

_NAME = "workflow.jpg"
_QUALITY = 85
_WIDTH, _HEIGHT, _EDGE = 1600, 900, 30
# Above it the page has a button.
_TOP = 44
# Everything in view, and as large as it can be.
_FIT = """([width, height, edge, above]) => {
    const groups = app.graph.groups.map(group => [...group.pos, ...group.size])
    const boxes = [...app.graph.nodes.map(node => node.getBounding()), ...groups]
    const [left, top] = [0, 1].map(k => Math.min(...boxes.map(box => box[k])))
    const [right, bottom] = [0, 1].map(k => Math.max(...boxes.map(box => box[k] + box[k + 2])))
    const { ds } = app.canvas
    const [across, down] = [width - 2 * edge, height - above - 2 * edge]
    ds.scale = Math.min(across / (right - left), down / (bottom - top))
    ds.offset = [edge / ds.scale - left, (above + edge) / ds.scale - top]
    app.canvas.setDirty(true, true)
    return [(right - left) * ds.scale + 2 * edge, (bottom - top) * ds.scale + 2 * edge]
}"""


def main() -> None:
    given = parser(__doc__, "the folder of the pictures").parse_args()
    workflow = demo_workflow(titles()[0])
    workflow["nodes"] = [node for node in workflow["nodes"] if node["type"] != "MarkdownNote"]
    given.output.mkdir(parents=True, exist_ok=True)
    with open_page(given.host, given.base, _WIDTH, _HEIGHT) as (server, page):
        page.evaluate("workflow => app.loadGraphData(workflow)", workflow)
        with page.expect_response("**/api/prompt") as sent:
            page.evaluate("app.queuePrompt(0)")
        server.wait(sent.value.json()["prompt_id"])
        page.evaluate("app.extensionManager.command.execute('Workspace.ToggleFocusMode')")
        width, height = _fitted(page)
        clip = {"x": 0, "y": _TOP, "width": width, "height": height}
        page.screenshot(path=given.output / _NAME, type="jpeg", quality=_QUALITY, clip=clip)


def _fitted(page: Page) -> tuple[float, float]:
    """The size of what is to be seen; nodes grow around what they show."""
    for _ in range(3):
        page.wait_for_timeout(900)
        size = page.evaluate(_FIT, [_WIDTH, _HEIGHT, _EDGE, _TOP])
    return size


if __name__ == "__main__":
    main()
