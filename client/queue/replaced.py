"""Nodes that a server does not have and replaces by others as it takes a prompt (ComfyUI 0.24)."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from ..page.widgets import specs
from ..page.workflow import REPLACED_BY
from .address import one_part
from .http import OddError


async def with_replaced(
    found: dict[str, Any], types: Iterable[str], ask: Callable[[str], Awaitable[Any]]
) -> dict[str, Any]:
    """The definitions, and for each type that is replaced the other's, with its own inputs.

    `ask` gets the JSON at a path of the server.
    """
    missing = sorted(set(types) - set(found))
    said = await _replacements(ask) if missing else {}
    made = {}
    for old in missing:
        try:
            new = said[old][0]["new_node_id"]
            definition = (await ask(f"/object_info/{one_part(new)}"))[new]
            inputs = _old_inputs(said[old][0].get("input_mapping") or [], definition)
            made[old] = {**definition, "input": {"required": inputs}, "display_name": old}
            made[old][REPLACED_BY] = new
        except (KeyError, IndexError, TypeError, AttributeError, OddError):
            continue
    return {**found, **made}


def _old_inputs(mapping: list[dict[str, Any]], definition: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a node that is replaced, each defined as the one that takes its value."""
    new = specs(definition)
    return {
        one["old_id"]: new[one["new_id"]]
        for one in mapping
        if "old_id" in one and one.get("new_id") in new
    }


async def _replacements(ask: Callable[[str], Awaitable[Any]]) -> dict[str, Any]:
    try:
        said = await ask("/node_replacements")
    except OddError:
        # Older hosts replace nothing.
        return {}
    return said if isinstance(said, dict) else {}
