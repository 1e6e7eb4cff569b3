"""Building small graphs on the page, and reading what a node shows."""

from playwright.sync_api import TimeoutError as NotThere

# Seconds until a wait gives up; a busy machine needs some of them.
LONGEST = 60

_ADD = """([type, widgets, place]) => {
    const node = LiteGraph.createNode(type)
    node.pos = place
    app.graph.add(node)
    for (const [name, value] of Object.entries(widgets)) {
        const widget = node.widgets.find(one => one.name === name)
        widget.value = value
        widget.callback?.(value)
    }
    return String(node.id)
}"""
_LINK = """([from, slot, to, name]) => {
    const [origin, target] = [from, to].map(id => app.canvas.graph.getNodeById(id))
    origin.connect(slot, target, target.inputs.findIndex(one => one.name === name))
}"""
_SET = """([id, name, value]) => {
    const widget = app.canvas.graph.getNodeById(id).widgets.find(one => one.name === name)
    widget.value = value
    widget.callback?.(value)
}"""
_SIZE = """([id, width]) => {
    const node = app.canvas.graph.getNodeById(id)
    node.setSize([width, node.computeSize()[1]])
    app.canvas.setDirty(true, true)
}"""
_PANEL = """id => {
    const { widgets } = app.canvas.graph.getNodeById(id)
    const panel = widgets.find(one => one.name.startsWith("fewstep_"))
    if (!panel) return null
    const root = panel.element
    const read = part => [...root.querySelectorAll(`[data-part=${part}]`)].map(one =>
        Object.fromEntries(Object.entries(one.dataset).filter(([key]) => key !== "part")
            .map(([key, value]) => [key, Number(value)])))
    return {
        label: root.getAttribute("aria-label"),
        role: root.getAttribute("role"),
        focus: root.tabIndex,
        lines: [...root.lastElementChild.children].map(one => one.textContent),
        steps: read("step"),
        fresh: read("fresh"),
        cut: read("cut").length,
    }
}"""
# What `look` gives, once it has stayed for three frames and the rests after them; null if it never
# stays. Panels are made when the page rests, and a node grows in the frames after to hold its own.
_STEADY = f"""look => {{
    let over = false
    const end = new Promise(done => setTimeout(() => done(over = true), {LONGEST * 1000}))
    const steady = async () => {{
        let [before, same] = ["null", 0]
        while (same < 3 && !over) {{
            await new Promise(requestAnimationFrame)
            await new Promise(done => requestIdleCallback(done, {{ timeout: 600 }}))
            const now = JSON.stringify(look())
            same = now !== "null" && now === before ? same + 1 : 0
            before = now
        }}
        return before
    }}
    return Promise.race([steady(), end]).then(found => over ? null : JSON.parse(found))
}}"""
_PLACES = "() => app.graph.nodes.map(node => [...node.pos, ...node.size])"
_VIEW = "([x, y, scale]) => { app.canvas.ds.scale = scale; app.canvas.ds.offset = [x, y] }"
# With an id of its own, since the page remembers widget values by graph and node, also after
# graph.clear(); and the tabs before it are closed, since the page is slower with each tab.
_OPEN = f"""async workflow => {{
    workflow ??= {{ id: crypto.randomUUID(), version: 0.4, nodes: [], links: [] }}
    const late = new Promise(done => setTimeout(done, {LONGEST * 1000}, false))
    const open = async () => {{
        await app.loadGraphData(workflow)
        const tabs = app.extensionManager.workflow
        for (const tab of [...tabs.openWorkflows]) {{
            if (tab !== tabs.activeWorkflow) await tabs.closeWorkflow(tab)
        }}
        return true
    }}
    return Promise.race([open(), late])
}}"""


def open_workflow(page, workflow: dict | None) -> None:
    """Opens a workflow as the page does with a file."""
    assert page.evaluate(_OPEN, workflow), f"The page opened no workflow in {LONGEST} seconds."


def open_empty(page) -> None:
    """Opens a workflow without nodes."""
    open_workflow(page, None)


def settled(page) -> None:
    """Returns when no node moves or grows any more."""
    places = page.evaluate(f"() => ({_STEADY})({_PLACES})")
    assert places is not None, f"The nodes still moved after {LONGEST} seconds."


def wait_until(page, condition: str, otherwise: str, arg: object = None, seconds=LONGEST) -> None:
    """Waits for a condition on the page; fails with the sentence `otherwise`."""
    try:
        page.wait_for_function(condition, arg=arg, timeout=seconds * 1000)
    except NotThere:
        raise AssertionError(f"{otherwise} in {seconds} seconds.") from None


class PageGraph:
    """`node = graph.add("FewStepScheduler", steps=8)`, then `graph.panel(node)`."""

    def __init__(self, page):
        self.page = page
        page.evaluate(_VIEW, [80, 110, 1])

    def add(self, node_type, place=(0, 0), **widgets):
        return self.page.evaluate(_ADD, [node_type, widgets, list(place)])

    def link(self, origin, slot, target, name):
        self.page.evaluate(_LINK, [origin, slot, target, name])

    def set(self, node, name, value):
        self.page.evaluate(_SET, [node, name, value])

    def width(self, node, width):
        self.page.evaluate(_SIZE, [node, width])

    def settled(self):
        """Returns when no node moves or grows any more."""
        settled(self.page)

    def says(self, node, words):
        """Waits until the panel of a node has these words."""
        says = f"([id, words]) => ({_PANEL})(id)?.lines.some(line => line.includes(words))"
        otherwise = f"The panel of node {node} did not say {words!r}"
        wait_until(self.page, says, otherwise, [node, words], seconds=2 * LONGEST)

    def panel(self, node):
        """What the panel of a node shows, after the page has had time to draw."""
        look = (
            f"() => {{ const panel = ({_PANEL})(id); return panel?.lines.length ? panel : null }}"
        )
        shown = self.page.evaluate(f"id => ({_STEADY})({look})", node)
        assert shown, f"The panel of node {node} showed no words that stay, in {LONGEST} seconds."
        return shown
