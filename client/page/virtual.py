"""Nodes that exist on the page alone: what links run through, and what is only there to be seen."""

from .widgets import Json

PRIMITIVE, GET, SET = "PrimitiveNode", "GetNode", "SetNode"
# In at their first input, out where they came in: the page's own, KJNodes', rgthree's.
_THROUGH = {"Reroute", SET, "Reroute (rgthree)"}
_SEEN = {"Note", "MarkdownNote", "Note Plus (mtb)", "LabelNode"} | {
    f"{name} (rgthree)"
    for name in (
        "Label",
        "Bookmark",
        "Fast Muter",
        "Fast Bypasser",
        "Fast Groups Muter",
        "Fast Groups Bypasser",
        "Fast Actions Button",
        "Mute / Bypass Repeater",
        "Mute / Bypass Relay",
        "Random Unmuter",
        "Node Collector",
    )
}
_VIRTUAL = _THROUGH | _SEEN | {PRIMITIVE, GET}


def is_virtual(node: Json) -> bool:
    """Whether the server is never told of the node."""
    return node["type"] in _VIRTUAL


def goes_through(node: Json, output: int) -> bool:
    """Whether an output gives what comes in at the node's input of the same place."""
    return node["type"] in _THROUGH and output < max(1, len(node["inputs"]))


def name_of(node: Json) -> str | None:
    """The name under which a Set node keeps what a Get node gives."""
    values = node["widgets_values"]
    return values[0] if isinstance(values, list) and values else None


def values_of(node: Json) -> Json:
    """The widget of a node that the server is never told of, with its value."""
    values = node["widgets_values"]
    name = "value" if node["type"] == PRIMITIVE else "text"
    return {name: values[0]} if isinstance(values, list) and values else {}


def title_of(node: Json, info: Json | None) -> str:
    """What stands above the node."""
    return node.get("title") or (info or {}).get("display_name") or node["type"]
