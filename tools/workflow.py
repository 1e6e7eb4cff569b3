"""From a workflow as people save it to the prompt that ComfyUI's API takes, as the page does it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

Json = dict[str, Any]

_MUTED, _BYPASSED = 2, 4
_VIRTUAL = {"Note", "MarkdownNote", "Reroute", "PrimitiveNode"}
_WIDGET_TYPES = {"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO", "COLOR"}


class _Source(NamedTuple):
    """What feeds an input: an output of a node that runs, or a value."""

    node: str | None
    slot: int
    value: Any = None


def to_api(workflow: Json, object_info: Json) -> Json:
    """The prompt for `/prompt` from a workflow file; `object_info` is the host's."""
    graph = _Graph(workflow)
    prompt = {}
    for node in workflow["nodes"]:
        if node["type"] in _VIRTUAL or graph.is_off(node):
            continue
        if node["type"] not in object_info:
            raise ValueError(f"The workflow has a node that ComfyUI does not know: {node['type']}.")
        info = object_info[node["type"]]
        title = node.get("title") or info["display_name"] or node["type"]
        inputs = dict(widget_values(node, info)) | dict(graph.linked_inputs(node))
        prompt[str(node["id"])] = {
            "inputs": inputs,
            "class_type": node["type"],
            "_meta": {"title": title},
        }
    return prompt


def widget_values(node: Json, info: Json) -> Iterator[tuple[str, Any]]:
    """Name and value of each widget of a saved node, in the order of the node's definition."""
    saved = node.get("widgets_values") or []
    if isinstance(saved, dict):
        yield from ((name, saved.get(name, _default(spec))) for name, spec in _widgets(info))
        return
    values = iter(saved)
    for name, spec in _widgets(info):
        yield name, next(values, _default(spec))
        for _ in range(_extra_widgets(name, spec)):
            next(values, None)


class _Graph:
    """Finds what is at the other end of a link, past nodes that do not run."""

    def __init__(self, workflow: Json) -> None:
        self._nodes = {node["id"]: node for node in workflow["nodes"]}
        self._links = {link[0]: link for link in workflow["links"]}

    def is_off(self, node: Json) -> bool:
        return node.get("mode") in (_MUTED, _BYPASSED)

    def linked_inputs(self, node: Json) -> Iterator[tuple[str, Any]]:
        for slot in node.get("inputs", []):
            source = self._source(slot)
            if source:
                yield slot["name"], [source.node, source.slot] if source.node else source.value

    def _source(self, slot: Json | None) -> _Source | None:
        link = self._links.get(slot.get("link")) if slot else None
        if not link:
            return None
        _, origin_id, origin_slot, *_ = link
        node = self._nodes[origin_id]
        if node.get("mode") == _MUTED:
            return None
        if node.get("mode") == _BYPASSED:
            return self._source(_passed_through(node, origin_slot))
        if node["type"] == "Reroute":
            return self._source(node["inputs"][0])
        if node["type"] == "PrimitiveNode":
            return _Source(None, 0, node["widgets_values"][0])
        return _Source(str(origin_id), origin_slot)


def _passed_through(node: Json, origin_slot: int) -> Json | None:
    """The input of a bypassed node that takes the place of its output: of the same type."""
    inputs = node.get("inputs", [])
    wanted = node["outputs"][origin_slot]["type"]
    opposite = inputs[origin_slot : origin_slot + 1]
    return next((slot for slot in [*opposite, *inputs] if slot["type"] == wanted), None)


def _widgets(info: Json) -> Iterator[tuple[str, list]]:
    for group in ("required", "optional"):
        for name, spec in info["input"].get(group, {}).items():
            options = _options(spec)
            is_widget = isinstance(spec[0], list) or spec[0] in _WIDGET_TYPES
            if is_widget and not options.get("forceInput"):
                yield name, spec


def _extra_widgets(name: str, spec: list) -> int:
    """How many widgets of its own the page adds after this one: seed control, upload button."""
    options = _options(spec)
    has_control = options.get("control_after_generate") or (
        spec[0] == "INT" and name in ("seed", "noise_seed")
    )
    # A widget of its own kind, such as the canvas of Painter, has no button beside it.
    uploads = "widgetType" not in options and any(
        options.get(f"{kind}_upload") for kind in ("image", "video", "audio")
    )
    return int(bool(has_control)) + int(uploads)


def _default(spec: list) -> Any:
    options = _options(spec)
    if "default" in options:
        return options["default"]
    choices = spec[0] if isinstance(spec[0], list) else options.get("options", [])
    return choices[0] if choices else {"INT": 0, "FLOAT": 0.0, "BOOLEAN": False}.get(spec[0], "")


def _options(spec: list) -> Json:
    return spec[1] if len(spec) > 1 else {}
