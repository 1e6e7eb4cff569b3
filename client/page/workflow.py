"""From a workflow as people save it to the prompt that ComfyUI's API takes, as the page does it."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from ..errors import InputError
from .circle import without_circles
from .fits import check_fit
from .graph import Scope, Value
from .saved import saved
from .text import NAMES_FILES, WithTokens, with_choices, with_tokens
from .virtual import is_virtual, title_of, values_of
from .widgets import Json, made_by_page, options, specs, widgets

# In the definition of a node that the server replaces: by which.
REPLACED_BY = "replaced_by"
_BY_NAME = "Node name for S&R"


def node_types(workflow: Json) -> set[str]:
    """The types of all nodes that would run, inside of subgraphs too."""
    return {node["type"] for _, node in Scope(saved(workflow, {}), {}).running()}


def to_api(workflow: Json, object_info: Json) -> Json:
    """The prompt for `/prompt` from a workflow file; `object_info` is the server's.

    Text that is open until a job runs, such as a choice, is `text.Written`.
    """
    top = Scope(saved(workflow, object_info), object_info)
    look_up = _look_up(top)
    prompt = {}
    for scope, node in top.running():
        info = scope.info(node)
        if not info:
            raise InputError(f"The workflow has a node that ComfyUI does not know: {node['type']}.")
        title = title_of(node, info)
        if other := info.get(REPLACED_BY):
            raise InputError(
                f"{title} is a node that this ComfyUI replaces by {other}: open the workflow there,"
                " let it replace the node, and save it again."
            )
        if made := made_by_page(info):
            raise InputError(
                f"{title} gets {made[0]} from the page as it sends the prompt: open the workflow in"
                " ComfyUI and save it with Export (API)."
            )
        inputs = dict(_inputs(scope, node, info, look_up))
        check_fit(title, node, info, inputs)
        prompt[scope.full_id(node)] = {
            "inputs": inputs,
            "class_type": node["type"],
            "_meta": {"title": title},
        }
    return without_circles(_without_loose_ends(prompt), object_info)


def widget_values(node: Json, info: Json) -> Iterator[tuple[str, Any]]:
    """Name and value of each widget of a saved node, in the order of the node's definition."""
    return ((widget.name, widget.value) for widget in widgets(node, info))


def with_values(workflow: Json, object_info: Json, changes: dict[tuple[str, str], Any]) -> Any:
    """A copy with these inputs changed; None where a widget of the page cannot show it.

    That is so inside of subgraphs, which may be used twice, and for inputs fed by a primitive.
    """
    copy = deepcopy(workflow)
    nodes = {str(node["id"]): node for node in copy["nodes"]}
    for (node_id, name), value in changes.items():
        node = nodes.get(node_id)
        if not node or any(
            slot.get("name") == name and slot.get("link") is not None
            for slot in node.get("inputs") or []
            if isinstance(slot, dict)
        ):
            return None
        found = [w for w in widgets(node, object_info[node["type"]]) if w.name == name]
        if not found or found[0].index is None:
            return None
        node["widgets_values"][found[0].index] = value
    return copy


_LookUp = Callable[[str, str], tuple[str, str, Any] | None]


def _look_up(top: Scope) -> _LookUp:
    """Finds the widget that a token of a file name means, by the name or title of its node."""

    def find(called: str, name: str) -> tuple[str, str, Any] | None:
        everything = list(top.everything())
        named = [at for at in everything if _called(*at) == called]
        titled = [at for at in everything if title_of(at[1], at[0].info(at[1])) == called]
        for scope, node in (named or titled)[:1]:
            values = values_of(node) if is_virtual(node) else scope.own_values(node)
            if name in values:
                return scope.full_id(node), name, values[name]
        return None

    return find


def _called(scope: Scope, node: Json) -> str | None:
    """The name that a token of a file name calls a node by, before its title."""
    given = node["properties"].get(_BY_NAME)
    plain = scope.info(node) and not is_virtual(node) and node["type"] not in NAMES_FILES
    return given or (node["type"] if given is None and plain else None)


def _inputs(scope: Scope, node: Json, info: Json, look_up: _LookUp) -> Iterator[tuple[str, Any]]:
    for name, value in scope.values(node).items():
        if isinstance(value, str):
            yield name, _as_sent(value, node, name, info, look_up)
        else:
            # A list would be read as a link.
            yield name, {"__value__": value} if isinstance(value, list) else value
    for slot in scope.inputs(node):
        source = scope.source(slot)
        if isinstance(source, Value):
            is_list = isinstance(source.value, list)
            yield slot["name"], {"__value__": source.value} if is_list else source.value
        elif source:
            yield slot["name"], [source.node, source.slot]


def _as_sent(value: str, node: Json, name: str, info: Json, look_up: _LookUp) -> str:
    is_file_name = name == "filename_prefix" and node["type"] in NAMES_FILES
    if is_file_name or isinstance(value, WithTokens):
        value = with_tokens(str(value), look_up)
    spec = specs(info).get(name)
    return with_choices(value) if spec and options(spec).get("dynamicPrompts") else value


def _without_loose_ends(prompt: Json) -> Json:
    """Links to nodes that do not run are left out, as the page does."""
    for node in prompt.values():
        node["inputs"] = {
            name: value
            for name, value in node["inputs"].items()
            if not (isinstance(value, list) and value[0] not in prompt)
        }
    return prompt
