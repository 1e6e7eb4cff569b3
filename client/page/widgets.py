"""The widgets of a saved node, in the order in which the page writes their values."""

from collections.abc import Iterator
from typing import Any, NamedTuple

Json = dict[str, Any]

_TYPES = {"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO", "COLOR", "BOUNDING_BOX", "CURVE"}
_DYNAMIC = "COMFY_DYNAMICCOMBO_V3"
_WRITES_CHOICES = "CustomCombo"
_SAMPLERS = ("KSampler", "KSamplerAdvanced")
_UPLOADED = ("image", "video", "audio")
_MADE_BY_PAGE = {"LOAD_3D", "WEBCAM", "AUDIO_RECORD"}


class Widget(NamedTuple):
    """A widget's value and its place in `widgets_values` (None: not saved, the default)."""

    name: str
    value: Any
    index: int | str | None


def widgets(node: Json, info: Json) -> list[Widget]:
    """The widgets of a node; `info` is its definition from `/object_info`."""
    found = list(_Reader(node, info).read(info["input"]))
    return [*found, *_written_choices(node)] if node["type"] == _WRITES_CHOICES else found


def count_of_values(node: Json, info: Json) -> int:
    """How many saved values the definition accounts for, with those of the page's own widgets."""
    reader = _Reader(node, info)
    for _ in reader.read(info["input"]):
        pass
    return reader.at


def specs(info: Json) -> Json:
    """The definition of each input of a node, by name, in the page's order."""
    groups = (info["input"].get(group) or {} for group in ("required", "optional"))
    return {name: spec for group in groups for name, spec in group.items()}


def is_widget(spec: list) -> bool:
    """Whether the page has a widget for an input so defined."""
    given = options(spec)
    if given.get("forceInput"):
        return False
    known = isinstance(spec[0], list) or spec[0] in _TYPES or given.get("widgetType") in _TYPES
    return known or spec[0] == _DYNAMIC or bool(given.get("socketless"))


def made_by_page(info: Json) -> list[str]:
    """The inputs that the page makes itself as it sends a prompt, such as a view of a 3D model."""
    return [name for name, spec in specs(info).items() if _is_made_by_page(spec)]


def settled(node: Json) -> Json:
    """A node of a prompt after a change, and the place of a written choice as the page sets it."""
    given = node["inputs"]
    if node["class_type"] != _WRITES_CHOICES or not isinstance(given.get("choice"), str):
        return node
    choices = [value for name, value in given.items() if name.startswith("option")]
    return {**node, "inputs": {**given, "index": _place(given["choice"], choices)}}


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


def _written_choices(node: Json) -> Iterator[Widget]:
    """What the page adds to a list whose choices a person writes: the choices, and which it is.

    Saved are the chosen one, its place, and the choices.
    """
    saved = node.get("widgets_values") or [""]
    chosen, choices = saved[0], saved[2:]
    yield Widget("index", _place(chosen, choices), 1)
    for number, choice in enumerate(choices, 1):
        yield Widget(f"option{number}", choice, number + 1)


def _place(chosen: Any, choices: list) -> int:
    return choices.index(chosen) if chosen in choices else -1


class _Reader:
    """Goes through the saved values in step with the definition."""

    def __init__(self, node: Json, info: Json) -> None:
        self._type = node.get("type")
        saved = node.get("widgets_values")
        self._saved = saved if isinstance(saved, (list, dict)) else []
        slots = (slot for slot in node.get("inputs") or [] if isinstance(slot, dict))
        self._slots = {slot.get("name") for slot in slots if slot.get("widget")}
        self._places = self._places_of(specs(info))
        self.at = 0

    def read(self, inputs: Json, prefix: str = "") -> Iterator[Widget]:
        for group in ("required", "optional"):
            for short, spec in (inputs.get(group) or {}).items():
                name = prefix + short
                if spec[0] == _DYNAMIC:
                    yield from self._dynamic(name, spec)
                elif self._is_widget(name, spec):
                    yield self._as_opened(self._next(name, default(spec)), spec)
                    # Inside of a choice the page adds none.
                    self.at += not prefix and _has_control(name, spec)
            # The page's button for uploads comes after all that is required.
            if group == "required" and not prefix:
                self.at += any(map(_uploads, (inputs.get(group) or {}).values()))

    def _dynamic(self, name: str, spec: list) -> Iterator[Widget]:
        """A list whose choice brings inputs of its own."""
        offered = {option["key"]: option["inputs"] for option in choices_of(spec)}
        chosen = self._next(name, next(iter(offered), ""))
        yield chosen
        key = chosen.value if isinstance(chosen.value, (str, int, float)) else None
        yield from self.read(offered.get(key, {}), f"{name}.")

    def _next(self, name: str, otherwise: Any) -> Widget:
        if isinstance(self._saved, dict):
            return Widget(name, self._saved.get(name, otherwise), name)
        at, self.at = self.at, self.at + 1
        if at < len(self._places):
            index = self._places[at]
            return Widget(name, self._saved[index], index)
        return Widget(name, otherwise, None)

    def _places_of(self, definition: Json) -> list[int]:
        """The places of values; older pages wrote one for an input that has no widget any more."""
        forced = []
        for spec in (spec for name, spec in definition.items() if self._is_saved(name, spec)):
            is_forced = bool(options(spec).get("forceInput"))
            forced += [is_forced, *([False] if options(spec).get("control_after_generate") else [])]
        count = len(self._saved)
        return [at for at in range(count) if len(forced) != count or not forced[at]]

    def _is_saved(self, name: str, spec: list) -> bool:
        return bool(options(spec).get("forceInput")) or self._is_widget(name, spec)

    def _as_opened(self, widget: Widget, spec: list) -> Widget:
        """The page puts right what old files have: samplers by another name, lists without one."""
        value = widget.value
        if value is None and spec[0] == "STRING":
            return widget._replace(value="")
        if value is None and choices_of(spec):
            return widget._replace(value=choices_of(spec)[0])
        is_old = self._type in _SAMPLERS and widget.name == "sampler_name"
        if is_old and isinstance(value, str):
            return widget._replace(value=value.removeprefix("sample_"))
        return widget

    def _is_widget(self, name: str, spec: list) -> bool:
        if options(spec).get("forceInput"):
            return False
        # Packs bring widgets of types of their own: the page marks their inputs.
        return is_widget(spec) or name in self._slots


def _is_made_by_page(spec: list) -> bool:
    return isinstance(spec[0], str) and spec[0] in _MADE_BY_PAGE


def _has_control(name: str, spec: list) -> bool:
    """Whether the page adds a widget for what becomes of a seed after each run."""
    is_seed = spec[0] == "INT" and name in ("seed", "noise_seed")
    return bool(options(spec).get("control_after_generate") or is_seed)


def _uploads(spec: list) -> bool:
    """Whether files can be uploaded into this list."""
    is_list = isinstance(spec[0], list) or spec[0] == "COMBO"
    return is_list and any(options(spec).get(f"{kind}_upload") for kind in _UPLOADED)
