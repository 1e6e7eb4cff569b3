"""A run's folder: what it was asked for, and its state, written whole or not at all."""

import contextlib
import json
from collections.abc import Callable, Mapping
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

        Raises ValueError naming the first field in which an earlier run of this name differs, and
        where nobody can know what it was asked for.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        # Unfinished files are of a run that was killed while it wrote them.
        if {file.name for file in self.path.iterdir() if file.suffix != ".part"} <= {_SETTINGS}:
            self.write(_SETTINGS, lambda file: file.write_text(json.dumps(settings), "utf-8"))
            return
        known = self._known()
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
        self.write(_STATE, lambda file: torch.save(dict(state), file))

    def load(self) -> dict[str, Any] | None:
        """The last state that was saved, or None. Raises ValueError for one that is damaged."""
        file = self.path / _STATE
        if not file.exists():
            return None
        try:
            state = torch.load(file, map_location="cpu", weights_only=True)
        except (MemoryError, OSError):
            raise
        # A damaged file is an error of any kind to torch.
        except Exception as error:
            raise ValueError(self._damaged(_STATE)) from error
        if not isinstance(state, dict):
            raise ValueError(self._damaged(_STATE))
        return state

    def _known(self) -> dict[str, Any]:
        file = self.path / _SETTINGS
        try:
            known = json.loads(file.read_text("utf-8"))
        except (ValueError, FileNotFoundError):
            known = None
        if not isinstance(known, dict):
            raise ValueError(self._damaged(_SETTINGS))
        return known

    def _damaged(self, name: str) -> str:
        return (
            f"The run {self.path.name} cannot go on: its file {name} is damaged or gone. Choose "
            "another name to begin anew, or clear this one with Kept runs on the node."
        )

    def write(self, name: str, write: Callable[[Path], Any]) -> None:
        """A file that is whole or not there. Raises ValueError where there is no room for it."""
        unfinished = self.path / f"{name}.part"
        try:
            write(unfinished)
            unfinished.replace(self.path / name)
        # Torch calls a full disk a RuntimeError.
        except (OSError, RuntimeError) as error:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
            why = f" ({error.strerror})" if isinstance(error, OSError) else ""
            raise ValueError(
                f"{self.path / name} cannot be written{why}. Make room on this disk, or see to the "
                "folder's rights, and queue the same again: it goes on from the last save."
            ) from error


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
