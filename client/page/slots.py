"""The slots of a node as the page has them: those of its definition, with what was saved of them.

The page puts the sockets first, then the inputs that have a widget, then what only the file names.
"""

from .widgets import Json, is_widget, specs

# The edges of a subgraph, which links name as if they were nodes.
INPUTS, OUTPUTS = "-10", "-20"
# Types of which the page knows only by what is linked.
_OPEN = ("COMFY_MATCHTYPE_V3", "COMFY_AUTOGROW_V3", "COMFY_DYNAMICSLOT_V3")


def inputs_of(node: Json, info: Json | None) -> list[Json]:
    """Every input of a node, each with name, type, and link where it has one."""
    if not info:
        return node["inputs"]
    given = {slot["name"]: slot for slot in node["inputs"]}
    definition = specs(info)
    named = widget_names(definition)
    slots = [
        {**given.get(name, {}), "name": name, "type": type_of(definition[name], given.get(name))}
        for name in [*sockets_of(definition), *named]
    ]
    for slot in slots:
        if slot["name"] in named:
            slot["widget"] = {"name": slot["name"]}
    return [*slots, *(slot for name, slot in given.items() if name not in definition)]


def output_type(node: Json, slot: int, info: Json | None) -> str:
    """The type of an output; `*` where nothing says."""
    kinds = (info or {}).get("output") or []
    if slot < len(kinds):
        return type_of([kinds[slot]])
    return str(node["outputs"][slot]["type"]) if slot < len(node["outputs"]) else "*"


def sockets_of(definition: Json) -> list[str]:
    """The inputs without a widget."""
    return [name for name, spec in definition.items() if not is_widget(spec)]


def widget_names(definition: Json) -> list[str]:
    """The inputs with a widget."""
    return [name for name, spec in definition.items() if is_widget(spec)]


def type_of(spec: list, slot: Json | None = None) -> str:
    """The type by which the page decides what can be linked."""
    kind = spec[0]
    if not isinstance(kind, str):
        return "COMBO"
    if kind in _OPEN:
        return str((slot or {}).get("type", "*"))
    return kind


def fit(one: str, other: str) -> bool:
    """Whether two types can be linked; a type may be a list of them, as `INT,FLOAT`."""
    if one in ("", "*", "0") or other in ("", "*", "0"):
        return True
    kinds = [set(kind.lower().split(",")) for kind in (one, other)]
    return any("*" in kind or "" in kind for kind in kinds) or bool(kinds[0] & kinds[1])


def passed_through(inputs: list[Json], output: int, own: str, wanted: str) -> Json | None:
    """The input of a bypassed node that takes the place of its output.

    `own` is the output's type, `wanted` that of the input at the other end.
    """
    if wanted in ("", "*"):
        return next(iter(inputs[output : output + 1] or inputs), None)
    opposite = inputs[output : output + 1]
    if opposite and fit(opposite[0]["type"], own) and fit(opposite[0]["type"], wanted):
        return opposite[0]
    same = [slot for slot in inputs if slot["type"] == wanted]
    fitting = (slot for slot in inputs if fit(slot["type"], own) and fit(slot["type"], wanted))
    return next(iter(same), None) or next(fitting, None)
