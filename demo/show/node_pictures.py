"""`dev.py pictures`: a picture of each node as the page draws it, for the help pages and README."""

from pathlib import Path

from playwright.sync_api import Page

from ..places import parser
from .page import open_page

_WIDTH = 330
# Nodes are shown with values that say something; the others with their defaults.
_VALUES = {
    "FewStepLoraLoader": {
        "lora_name": "fewstep-demo-tcd.safetensors",
        "recipe": "tcd/sd15-lora",
    },
    "FewStepOneStepLoader": {"recipe": "hyper-sd/sdxl-1step-unet"},
    "FewStepRecipe": {"recipe": "tcd/sd15-lora"},
    "FewStepScheduler": {"denoise": 0.8},
}
_PLACE = """async ([type, values, width]) => {
    // An id of its own: the page remembers widget values by graph and node.
    await app.loadGraphData({
        id: crypto.randomUUID(), version: 0.4,
        last_node_id: 0, last_link_id: 0, nodes: [], links: [],
    })
    const node = LiteGraph.createNode(type)
    node.pos = [420, 160]
    app.graph.add(node)
    const known = node.inputs.findIndex(input => input.name === 'recipe' && !input.widget)
    if (known >= 0) {
        const recipe = LiteGraph.createNode('FewStepRecipe')
        recipe.pos = [-900, 160]
        app.graph.add(recipe)
        recipe.widgets.find(widget => widget.name === 'recipe').value = 'tcd/sd15-lora'
        recipe.connect(0, node, known)
    }
    for (const [name, value] of Object.entries(values)) {
        const widget = node.widgets.find(widget => widget.name === name)
        widget.value = value
        widget.callback?.(value)
    }
    node.setSize([width, node.computeSize()[1]])
    app.canvas.ds.scale = 1
    app.canvas.ds.offset = [0, 0]
    app.canvas.setDirty(true, true)
    return node.id
}"""


def main() -> None:
    given = parser(__doc__, "the folder of the pictures").parse_args()
    with open_page(given.host, given.base, 1300, 1100) as (server, page):
        given.output.mkdir(parents=True, exist_ok=True)
        for name in server.object_info():
            if name.startswith("FewStep"):
                _picture(page, name, given.output / f"{name}.jpg")


def _picture(page: Page, name: str, path: Path) -> None:
    node = page.evaluate(_PLACE, [name, _VALUES.get(name, {}), _WIDTH])
    # The panel is drawn once its node has been, and the node then grows around it.
    page.wait_for_timeout(900)
    page.locator(f'[data-node-id="{node}"]').screenshot(path=path, type="jpeg", quality=88)


if __name__ == "__main__":
    main()
