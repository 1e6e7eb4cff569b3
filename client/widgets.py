"""The widgets of a saved node, in the order in which the page writes their values."""

from collections.abc import Iterator
from typing import Any, NamedTuple

Json = dict[str, Any]

_TYPES = {"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO", "COLOR", "BOUNDING_BOX", "CURVE"}
_DYNAMIC = "COMFY_DYNAMICCOMBO_V3"


class Widget(NamedTuple):
    """A widget's value and its place in `widgets_values` (None: not saved, the default)."""

    name: str
    value: Any
    index: int | str | None


def widgets(node: Json, info: Json) -> list[Widget]:
    """The widgets of a node; `info` is its definition from `/object_info`."""
    return list(_Reader(node).read(info["input"]))


def default(spec: list) -> Any:
    """What a new node of the page would hold."""
    given = options(spec)
    if "default" in given:
        return given["default"]
    choices = choices_of(spec)
    if choices or isinstance(spec[0], list):
        return next(iter(choices), "")
    return {"INT": 0, "FLOAT": 0.0, "BOOLEAN": False}.get(spec[0], "")


def choices_of(spec: list) -> list:
    """The values a list offers."""
    if isinstance(spec[0], list):
        return spec[0]
    return options(spec).get("options") or []


def options(spec: list) -> Json:
    """The second part of an input's definition."""
    return spec[1] if len(spec) > 1 and isinstance(spec[1], dict) else {}


class _Reader:
    """Goes through the saved values in step with the definition."""

    def __init__(self, node: Json) -> None:
        self._saved = node.get("widgets_values") or []
        self._slots = {slot["name"] for slot in node.get("inputs") or [] if slot.get("widget")}
        self._at = 0

    def read(self, inputs: Json, prefix: str = "") -> Iterator[Widget]:
        for group in ("required", "optional"):
            for short, spec in inputs.get(group, {}).items():
                name = prefix + short
                if spec[0] == _DYNAMIC:
                    yield from self._dynamic(name, spec)
                elif self._is_widget(name, spec):
                    yield self._next(name, default(spec))
                    # Inside of a choice the page adds none.
                    self._at += 0 if prefix else _extra(name, spec)

    def _dynamic(self, name: str, spec: list) -> Iterator[Widget]:
        """A list whose choice brings inputs of its own."""
        offered = {option["key"]: option["inputs"] for option in choices_of(spec)}
        chosen = self._next(name, next(iter(offered), ""))
        yield chosen
        yield from self.read(offered.get(chosen.value, {}), f"{name}.")

    def _next(self, name: str, otherwise: Any) -> Widget:
        if isinstance(self._saved, dict):
            return Widget(name, self._saved.get(name, otherwise), name)
        index, self._at = self._at, self._at + 1
        if index < len(self._saved):
            return Widget(name, self._saved[index], index)
        return Widget(name, otherwise, None)

    def _is_widget(self, name: str, spec: list) -> bool:
        given = options(spec)
        if given.get("forceInput"):
            return False
        known = isinstance(spec[0], list) or spec[0] in _TYPES or given.get("widgetType") in _TYPES
        # Packs bring widgets of types of their own: the page marks their inputs.
        return known or bool(given.get("socketless")) or name in self._slots


def _extra(name: str, spec: list) -> int:
    """How many widgets of its own the page adds after this one: seed control, upload button."""
    given = options(spec)
    has_control = given.get("control_after_generate") or (
        spec[0] == "INT" and name in ("seed", "noise_seed")
    )
    # A widget of its own kind, such as the canvas of Painter, has no button beside it.
    uploads = "widgetType" not in given and any(
        given.get(f"{kind}_upload") for kind in ("image", "video", "audio")
    )
    return int(bool(has_control)) + int(uploads)
