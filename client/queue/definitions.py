"""What the servers say of the nodes that a workflow has."""

import asyncio
from collections.abc import Callable
from typing import Any

from ..errors import InputError
from .server import Server
from .text import clean
from .trouble import TROUBLE, BusyError, pause_of, words_for

# A server that does not answer, or is busy, is asked again so often, in seconds.
_PAUSES = (0.2, 0.5, 1.0)
_BUSY_PAUSES = (1.0, 2.0, 5.0, 10.0, 10.0, 10.0, 10.0)


async def definitions(
    servers: list[Server], types: set[str], tell: Callable[[str], None]
) -> dict[str, Any]:
    """The nodes' definitions, from the first server that has all; all that answer are checked."""
    answers = await asyncio.gather(*(_ask(server, types, tell) for server in servers))
    found = [answer for answer in answers if isinstance(answer, dict)]
    if not found:
        said = zip(servers, answers, strict=True)
        where = ", ".join(f"{server.place} does not answer ({words_for(e)})" for server, e in said)
        raise InputError(f"{where}: start ComfyUI, or name its --server.")
    best = max(found, key=len)
    missing = sorted(types - set(best))
    if missing:
        raise InputError(
            f"The workflow has nodes that the server lacks: {clean(', '.join(missing))}. Install"
            " them."
        )
    return best


async def _ask(
    server: Server, types: set[str], tell: Callable[[str], None]
) -> dict[str, Any] | BaseException:
    """The definitions, or the last trouble with this server."""
    pauses, busy_pauses = iter(_PAUSES), iter(_BUSY_PAUSES)
    while True:
        try:
            async with server:
                await server.check()
                return await server.object_info(types)
        except TROUBLE as error:
            pause = next(busy_pauses if isinstance(error, BusyError) else pauses, None)
            if pause is None:
                return error
            wait = pause_of(error) or pause
            if wait > 1:
                tell(f"{server.place}: {words_for(error)}; asking again in {wait:.0f} s.")
            await asyncio.sleep(wait)
