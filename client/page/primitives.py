"""What primitive nodes set as the page sends a prompt: the widgets that they lead to."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .numbers import as_number, stepped
from .text import WithTokens
from .virtual import PRIMITIVE
from .widgets import Json, options, specs

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
            if value is None and (_spec(scope, target, name) or [None])[0] == "STRING":
                value = ""
            has_tokens = node["properties"].get(_RUN_TOKENS) and isinstance(value, str)
            found[target["id"], name] = (
                WithTokens(value) if has_tokens else _as_set(value, scope, target, name, led_to)
            )
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


def _as_set(
    value: Any, scope: "Scope", target: Json, name: str, led_to: list[tuple[Json, str]]
) -> Any:
    """A number as the widget takes it: between the bounds of all it goes to, in its own steps."""
    spec = _spec(scope, target, name)
    if not spec or spec[0] not in ("INT", "FLOAT"):
        return value
    number = as_number(value)
    if number is None:
        return value
    for bounds in (options(_spec(scope, *at) or spec) for at in led_to):
        number = min(max(number, bounds.get("min", 0)), bounds.get("max", 2048))
    return stepped(number, spec)


def _spec(scope: "Scope", target: Json, name: str) -> list | None:
    return specs(scope.info(target) or {"input": {}}).get(name)


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
