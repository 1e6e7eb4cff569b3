"""A batch from its parts: `await run(options)`; the command's exit codes come from here."""

import asyncio
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import InputError
from .jobs.freeze import freeze, product, read_table
from .jobs.template import Template, read_workflow, types_in
from .queue.batch import Batch
from .queue.folder import Folder
from .queue.journal import Journal
from .queue.lane import TROUBLE, ServerLane
from .queue.progress import Progress
from .queue.server import Server, address

# A server that does not answer is asked again so often, in seconds.
_PAUSES = (0.2, 0.5, 1.0, 0.0)


@dataclass(frozen=True)
class Options:
    """What a batch is made of."""

    workflow: Path
    out: Path
    servers: list[str]
    table: Path | None = None
    lists: dict[str, list[str]] = field(default_factory=dict)
    seeds: list[int] | None = None
    settings: dict[str, str] = field(default_factory=dict)
    ahead: int = 16
    tries: int = 5
    stop_on_error: bool = False
    previews: bool = False
    quiet: bool = False


async def run(options: Options) -> Batch:
    """Runs the batch to its end; InputError before anything is queued, or what stopped it."""
    file = read_workflow(options.workflow)
    rows = read_table(options.table) if options.table else []
    client_id = uuid.uuid4().hex
    servers = [Server(url, client_id) for url in dict.fromkeys(map(address, options.servers))]
    template = Template(file, await definitions(servers, types_in(file)))
    return await run_lanes(
        options, template, rows, lambda batch: _lanes(batch, servers, file, options.ahead)
    )


async def run_lanes(options: Options, template: Template, rows: list, lanes_for: Any) -> Batch:
    """Freezes the jobs, takes the folder, and runs them on the lanes made for the batch."""
    jobs = freeze(template, product(rows, options.lists, options.seeds), options.settings)
    folder = Folder(options.out)
    journal = None
    try:
        journal = Journal(folder.path / "journal.jsonl")
        with Progress(len(jobs), quiet=options.quiet) as progress:
            batch = Batch(
                template,
                jobs,
                folder,
                journal,
                tries=options.tries,
                stop_on_error=options.stop_on_error,
                previews=options.previews,
                tell=progress.tell,
                ended=progress.show,
            )
            progress.begin(batch)
            await batch.run(lanes_for(batch))
        return batch
    finally:
        if journal:
            journal.close()
        folder.close()


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


def _lanes(batch: Batch, servers: list[Server], file: Any, ahead: int) -> list[ServerLane]:
    return [ServerLane(batch, server, types_in(file), ahead) for server in servers]
