"""A batch from its parts: `await run(options)`; the command's exit codes come from here."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from .jobs.freeze import freeze
from .jobs.job import Job
from .jobs.table import product, read_table
from .jobs.template import Template
from .options import Options
from .page.file import read_workflow, types_in
from .page.widgets import Json
from .queue.address import addresses
from .queue.batch import Batch, Lane
from .queue.definitions import definitions
from .queue.folder import Folder
from .queue.journal import Journal
from .queue.lane import ServerLane
from .queue.progress import Progress, tell
from .queue.server import Server


async def run(options: Options) -> Batch:
    """Runs the batch to its end; InputError before anything is queued, or what stopped it."""
    file, rows = read(options)
    types = types_in(file)
    # Two addresses may be one server, which talks to one socket of each client.
    servers = [
        Server(at, uuid.uuid4().hex, options.largest)
        for at in addresses(options.servers, options.headers)
    ]
    template = Template(file, await definitions(servers, types, tell))
    return await run_jobs(
        freeze(template, rows, options.settings),
        options,
        lambda batch: [ServerLane(batch, server, types, options.ahead) for server in servers],
    )


def read(options: Options) -> tuple[Json, Iterator[dict[str, Any]]]:
    """The workflow's file and the rows of the batch."""
    file = read_workflow(options.workflow)
    table = read_table(options.table) if options.table else []
    return file, product(table, options.lists, options.seeds)


async def run_jobs(
    jobs: list[Job], options: Options, lanes_for: Callable[[Batch], list[Lane]]
) -> Batch:
    """Takes the folder, and runs the jobs on the lanes made for the batch."""
    folder = Folder(options.out)
    journal = None
    try:
        journal = Journal(folder.path / "journal.jsonl")
        with Progress(len(jobs), quiet=options.quiet) as progress:
            batch = Batch(
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
