"""The widgets that a node of a subgraph shows for those inside, and the values it gives them."""

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from .primitives import first_value
from .virtual import PRIMITIVE
from .widgets import Json

if TYPE_CHECKING:
    from .graph import Scope

_OLD_NAME = re.compile(r"\s*(\d+)\s*:\s*(.+)", re.DOTALL)


class Shown(NamedTuple):
    """Values by the place of the subgraph's input, and by node inside and name of its widget."""

    inputs: dict[int, Any]
    widgets: dict[tuple[str, str], Any]


def shown(inner: "Scope") -> Shown:
    """What the node that stands for a subgraph sets in it."""
    above = inner.outer.shown.widgets if inner.outer.outer else {}
    return _shown(inner, above)


def _shown(inner: "Scope", above: dict[tuple[str, str], Any]) -> Shown:
    node, inputs = inner.instance, inner.graph.inputs
    promoted = [index for index in range(len(inputs)) if widget_at(inner, index)]
    values = node["widgets_values"] if isinstance(node["widgets_values"], list) else []
    by_input = dict(zip(promoted, values, strict=False))
    by_widget: dict[tuple[str, str], Any] = {}
    found = Shown(by_input, by_widget)
    # Older pages wrote the values in the order in which the node showed its widgets.
    entries = node["properties"].get("proxyWidgets")
    for place, entry in enumerate(entries if _are_names(entries) else []):
        value = values[place] if place < len(values) else None
        primitive = inner.nodes.get(entry[0])
        if value is None and primitive and primitive["type"] == PRIMITIVE:
            value = first_value(inner, primitive)
        if value is not None:
            _set(inner, found, entry, value)
    for name, value in _set_aside(node):
        by_input |= {index: value for index in promoted if inputs[index]["name"] == name}
    # What the node outside of this one shows of it.
    by_input |= {
        index: above[node["id"], inputs[index]["name"]]
        for index in promoted
        if (node["id"], inputs[index]["name"]) in above
    }
    for index in promoted:
        if index not in by_input:
            by_input[index] = _own_value(inner, index)
    return found


def widget_at(inner: "Scope", index: int) -> tuple[Json, str] | None:
    """The node inside and the widget of it that an input of the subgraph shows."""
    for node, slot in inner.targets(index):
        nested = inner.inside(node)
        if nested:
            at = _index(nested, slot["name"])
            if at is not None and widget_at(nested, at):
                return node, slot["name"]
        elif slot.get("widget"):
            return node, slot["name"]
    return None


def _set(inner: "Scope", found: Shown, entry: list[str], value: Any) -> None:
    node_id, name, *more = entry
    node = inner.nodes.get(node_id)
    if not node:
        index = _index(inner, name) if node_id == "-1" else None
        if index is not None and widget_at(inner, index):
            found.inputs[index] = value
        return
    name = _name_in(inner, node, name, *more[:1])
    if name is None:
        return
    for index in range(len(inner.graph.inputs)):
        at = widget_at(inner, index)
        if at and (at[0]["id"], at[1]) == (node_id, name):
            found.inputs[index] = value
            return
    found.widgets.setdefault((node_id, name), value)


def _name_in(inner: "Scope", node: Json, name: str, by: str | None = None) -> str | None:
    """The widget of a node inside that an entry means; None if it has none such."""
    nested = inner.inside(node)
    while True:
        if node["type"] == PRIMITIVE:
            return "value"
        if nested:
            names = [slot["name"] for slot in nested.graph.inputs]
            at = [widget_at(nested, index) for index in range(len(names))]
            for own, target in zip(names, at, strict=True):
                if target and target[1] == name and by == target[0]["id"]:
                    return own
            if not by and name in names:
                return name
            for own, target in zip(names, at, strict=True):
                if target and not by and target[1] == name:
                    return own
        elif any(slot["name"] == name and slot.get("widget") for slot in inner.inputs(node)):
            return name
        old = _OLD_NAME.fullmatch(name)
        if not old:
            return None
        by, name = old[1], old[2]


def _own_value(inner: "Scope", index: int) -> Any:
    node, name = widget_at(inner, index)
    nested = inner.inside(node)
    if nested:
        return _shown(nested, {}).inputs.get(_index(nested, name))
    return inner.own_values(node).get(name)


def _index(inner: "Scope", name: str) -> int | None:
    names = [slot["name"] for slot in inner.graph.inputs]
    return names.index(name) if name in names else None


def _are_names(entries: Any) -> bool:
    return isinstance(entries, list) and all(
        isinstance(entry, list) and len(entry) in (2, 3) and all(isinstance(e, str) for e in entry)
        for entry in entries
    )


def _set_aside(node: Json) -> list[tuple[str, Any]]:
    """Values that the page has kept by name where it could not place them."""
    kept = node["properties"].get("proxyWidgetErrorQuarantine")
    entries = [one for one in kept if isinstance(one, dict)] if isinstance(kept, list) else []
    return [
        (entry[1], one["hostValue"])
        for one in entries
        if isinstance(entry := one.get("originalEntry"), list) and entry[:1] == ["-1"]
        if len(entry) > 1 and one.get("hostValue") is not None
    ]
