"""What the servers say of the nodes that a workflow has."""

import asyncio
from typing import Any

from ..errors import InputError
from .server import TROUBLE, Server

# A server that does not answer is asked again so often, in seconds.
_PAUSES = (0.2, 0.5, 1.0, 0.0)


async def definitions(servers: list[Server], types: set[str]) -> dict[str, Any]:
    """The nodes' definitions, from the first server that has all; all that answer are checked."""
    answers = await asyncio.gather(*(_ask(server, types) for server in servers))
    found = [answer for answer in answers if answer is not None]
    if not found:
        where = ", ".join(server.url for server in servers)
        raise InputError(f"{where} does not answer: start ComfyUI, or name its --server.")
    best = max(found, key=len)
    missing = sorted(types - set(best))
    if missing:
        raise InputError(
            f"The workflow has nodes that the server lacks: {', '.join(missing)}. Install them."
        )
    return best


async def _ask(server: Server, types: set[str]) -> dict[str, Any] | None:
    for pause in _PAUSES:
        try:
            async with server:
                await server.check()
                return await server.object_info(types)
        except TROUBLE:
            await asyncio.sleep(pause)
    return None
