"""Whether the saved values of a node are those its definition asks for.

A pack may make widgets in its page code alone. Then the definition does not say what the saved
values mean, and what the page would send cannot be known from outside of it.
"""

from typing import Any

from ..errors import InputError
from .widgets import Json, count_of_values, specs, widgets

# What ComfyUI brings itself: its page is known, and passes over values that are left.
_OWN = ("nodes", "comfy_extras.", "comfy_api_nodes.")
# Shown by the page and never sent: the player of Video Helper Suite.
_ONLY_SHOWN = {"videopreview"}


def check_fit(title: str, node: Json, info: Json, inputs: Json) -> None:
    """InputError if saved values have no name, or are not of their input's type."""
    for name, spec in specs(info).items():
        if name in inputs and not _is_right(spec[0], inputs[name]):
            raise _error(title, f"{name} is {_short(inputs[name])}, which is no {spec[0]}")
    if str(info.get("python_module", "nodes")).startswith(_OWN):
        return
    left = _without_a_name(node, info)
    if left:
        raise _error(title, f"the definition has no input for {_short(left[0])}")


def _is_right(kind: Any, value: Any) -> bool:
    if isinstance(value, list) or value is None:
        return True
    try:
        if kind in ("INT", "FLOAT"):
            return isinstance(value, (int, float, str)) and float(value) is not None
    except (ValueError, OverflowError):
        return False
    if kind == "BOOLEAN":
        return isinstance(value, (bool, int, float)) or str(value).lower() in ("true", "false")
    is_plain = kind in ("STRING", "COMBO") or isinstance(kind, list)
    return not (is_plain and isinstance(value, dict) and "__value__" not in value)


def _without_a_name(node: Json, info: Json) -> list:
    saved, found = node["widgets_values"], widgets(node, info)
    if isinstance(saved, dict):
        named = {widget.name for widget in found} | _ONLY_SHOWN
        return [{name: value} for name, value in saved.items() if name not in named]
    left = saved[count_of_values(node, info) :]
    return [value for value in left if value not in (None, "", {}, [])]


def _error(title: str, what: str) -> InputError:
    return InputError(
        f"The saved values of {title} do not fit its definition ({what}): only the page knows what"
        " they mean; save the workflow there with Export (API), or give a picture made with it."
    )


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) < 60 else text[:60] + "..."
