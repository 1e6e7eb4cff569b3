"""What a loader says after a run: to the page, as the `ui` of its result."""

import json
from dataclasses import fields

from comfy_api.v0_0_2 import io

from ..recipes import Found, Recipe, found_facts

_SHOWN_AGAIN = "has_intermediate_output"


def for_page(
    name: str, setting: str, found: Found, chosen: Recipe | None, warnings: list[str]
) -> dict[str, list[str]]:
    """What a loader shows on itself after a run, as the `ui` of its result.

    Text, since hosts take an object in a `ui` for a file that was made.
    """
    report = {
        **found_facts(found),
        "file": name,
        "chosen": setting,
        "recipe": chosen.id if chosen else "",
        # The notes are among them.
        "notes": warnings,
    }
    return {"fewstep": [json.dumps(report)]}


def shown_from_cache() -> dict[str, bool]:
    """For a loader's schema: the host shows its `ui` again when it has the result in its cache.

    A page that was opened meanwhile has not seen it. ComfyUI before 0.19 does not know the field.
    """
    known = _SHOWN_AGAIN in (field.name for field in fields(io.Schema))
    return {_SHOWN_AGAIN: True} if known else {}
