"""A run's folder: what it was asked for, and its state, written whole or not at all."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

_SETTINGS, _STATE = "settings.json", "state.pt"


class RunFolder:
    """The folder of one run, which the same settings go on with and others do not."""

    def __init__(self, path: Path):
        self.path = path

    def open(self, settings: Mapping[str, Any]) -> None:
        """Makes the folder for these settings, or finds it made for them.

        One that holds nothing but settings, since its run was refused, is made for these.

        Raises ValueError naming the first field in which an earlier run of this name differs.
        """
        known = self._known()
        if known is None or {file.name for file in self.path.iterdir()} == {_SETTINGS}:
            self.path.mkdir(parents=True, exist_ok=True)
            self._write(_SETTINGS, lambda file: file.write_text(json.dumps(settings), "utf-8"))
            return
        # As they come back from the file: tuples as lists.
        asked = json.loads(json.dumps(settings))
        for field in [*asked, *(field for field in known if field not in asked)]:
            if known.get(field) != asked.get(field):
                raise ValueError(
                    f"The run {self.path.name} was begun with {field} {_short(known.get(field))}, "
                    f"and now it is {_short(asked.get(field))}. Set it back to go on, choose "
                    f"another name to begin anew, or clear this one with Kept runs on the node."
                )

    def save(self, state: Mapping[str, Any]) -> None:
        self._write(_STATE, lambda file: torch.save(dict(state), file))

    def load(self) -> dict[str, Any] | None:
        """The last state that was saved, or None."""
        file = self.path / _STATE
        return torch.load(file, map_location="cpu", weights_only=True) if file.exists() else None

    def _known(self) -> dict[str, Any] | None:
        file = self.path / _SETTINGS
        return json.loads(file.read_text("utf-8")) if file.exists() else None

    def _write(self, name: str, write: Any) -> None:
        unfinished = self.path / f"{name}.part"
        write(unfinished)
        unfinished.replace(self.path / name)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
