"""Pictures that come through the socket: those of SaveImageWebsocket are in no file.

They are a job's only where the socket was open from before it was sent until it ended.
"""

from dataclasses import dataclass, field

from ..errors import JobError
from .events import Event

# So often a result is found in the history before the socket has told of it.
_PATIENCE = 12


@dataclass
class _Of:
    nodes: frozenset[str]
    pictures: list[bytes] = field(default_factory=list)
    size: int = 0
    ended: bool = False
    looks: int = 0


class Heard:
    """What one connection has brought; a broken one takes it along."""

    def __init__(self, largest: int) -> None:
        # Until the socket answers there is nothing to hear.
        self.open = False
        self._largest = largest
        self._of: dict[str, _Of] = {}

    def expect(self, prompt_id: str, nodes: frozenset[str]) -> None:
        """A prompt that is about to be sent, and its nodes whose pictures count."""
        if self.open:
            self._of[prompt_id] = _Of(nodes)

    def note(self, event: Event) -> bool:
        """True for a picture that is a result."""
        of = self._of.get(event.prompt_id)
        if of is None:
            return False
        if event.kind == "ended":
            of.ended = True
        if event.kind != "preview" or event.node not in of.nodes:
            return False
        of.size += len(event.picture)
        if of.size <= self._largest:
            of.pictures.append(event.picture)
        return True

    def waits(self, prompt_id: str) -> bool:
        """True while the socket has more to tell of a prompt that is in the history already."""
        of = self._of.get(prompt_id)
        if of is None or of.ended:
            return False
        of.looks += 1
        return of.looks <= _PATIENCE

    def forget(self, prompt_id: str) -> None:
        self._of.pop(prompt_id, None)

    def take(self, prompt_id: str) -> list[bytes] | None:
        """The pictures of a prompt that has ended; None if the socket was not open throughout."""
        of = self._of.pop(prompt_id, None)
        if of is None or not of.ended:
            return None
        if of.size > self._largest:
            raise JobError(
                f"Its pictures are larger than {self._largest / 2**20:g} MB: give --largest if they"
                " may be."
            )
        return of.pictures
