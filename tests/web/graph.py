"""Building small graphs on the page, and reading what a node shows."""

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
# Panels are made when the page is idle and a node grows to hold its own, so until all stays.
_SETTLED = """async () => {
    const look = () => JSON.stringify(app.graph.nodes.map(node => [node.pos, node.size]))
    let [before, same] = ["", 0]
    for (let i = 0; same < 3 && i < 100; i++) {
        await new Promise(requestAnimationFrame)
        await new Promise(done => requestIdleCallback(done, { timeout: 600 }))
        await new Promise(done => setTimeout(done, 50))
        same = look() === before ? same + 1 : 0
        before = look()
    }
}"""
_VIEW = "([x, y, scale]) => { app.canvas.ds.scale = scale; app.canvas.ds.offset = [x, y] }"


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
        self.page.evaluate(_SETTLED)

    def says(self, node, words):
        """Waits until the panel of a node has these words."""
        for _ in range(60):
            shown = self.panel(node)
            if shown and any(words in line for line in shown["lines"]):
                return
        raise AssertionError(f"{words!r} is not in {shown}")

    def panel(self, node):
        """What the panel of a node shows, after the page has had time to draw."""
        shown = None
        for _ in range(40):
            self.page.wait_for_timeout(300)
            before, shown = shown, self.page.evaluate(_PANEL, node)
            # A slow machine takes its time until there is something, and until it stays.
            if shown and shown.get("lines") and shown == before:
                break
        return shown
