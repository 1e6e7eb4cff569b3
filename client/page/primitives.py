"""What primitive nodes set as the page sends a prompt: the widgets that they lead to."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .text import WithTokens
from .virtual import PRIMITIVE
from .widgets import Json

if TYPE_CHECKING:
    from .graph import Scope

# A property of these nodes, by the page's name for it.
_RUN_TOKENS = "Run widget replace on values"


def set_by_primitives(scope: "Scope", shown: dict[tuple[str, str], Any]) -> dict:
    """Values by node and widget; `shown` are those that the node of a subgraph sets in it."""
    found = {}
    for node in scope.nodes.values():
        if node["type"] != PRIMITIVE:
            continue
        led_to = list(_led_to(scope, node))
        for target, name in led_to:
            value = shown.get((node["id"], "value"))
            value = _value(scope, node, led_to) if value is None else value
            has_tokens = node["properties"].get(_RUN_TOKENS) and isinstance(value, str)
            found[target["id"], name] = WithTokens(value) if has_tokens else value
    return found


def first_value(scope: "Scope", primitive: Json) -> Any:
    """The value of the first widget that a primitive node leads to."""
    return next((scope.saved(node).get(name) for node, name in _led_to(scope, primitive)), None)


def _value(scope: "Scope", primitive: Json, led_to: list[tuple[Json, str]]) -> Any:
    values = primitive["widgets_values"]
    if isinstance(values, list) and values:
        return values[0]
    # One that was saved without a value takes that of the first widget it leads to.
    target, name = led_to[0]
    return scope.saved(target).get(name)


def _led_to(scope: "Scope", primitive: Json) -> Iterator[tuple[Json, str]]:
    outputs = primitive["outputs"]
    numbers = outputs[0].get("links") if outputs else None
    for number in numbers if isinstance(numbers, list) else []:
        link = scope.graph.links.get(str(number))
        target = scope.nodes.get(link.target) if link else None
        slots = scope.inputs(target) if target else []
        slot = next((one for one in slots if str(one.get("link")) == str(number)), None)
        if slot and slot.get("widget"):
            yield target, slot["name"]
