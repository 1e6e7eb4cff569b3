"""`python3 -m client run WORKFLOW.json --server URL --out DIR` and what else it takes."""

import asyncio
import signal
import sys

from .arguments import parse
from .errors import DiskError, InputError, StoppedError
from .queue.text import for_stream

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def main() -> int:
    given = parse()
    try:
        # Late, so that --help and a bad command are answered without them.
        from .run import run
    except ModuleNotFoundError as error:
        return _say(
            f"{error.name} is missing: use the Python that runs ComfyUI, or install aiohttp and"
            " tqdm.",
            BAD_INPUT,
        )
    try:
        if given.ray:
            run = _cluster()
        batch = asyncio.run(_interruptible(run(given.options())))
    except InputError as error:
        return _say(str(error), BAD_INPUT)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return _say("Interrupted. The same command goes on from here.", INTERRUPTED)
    except (DiskError, StoppedError) as error:
        return _say(f"{error} The same command goes on from here.", FAILED)
    where = given.out / "index.jsonl"
    done = f"{len(batch.done)} of {len(batch.jobs)} jobs are done; {where} says which is which."
    print(for_stream(done, sys.stdout))
    if batch.failed:
        return _say(f"{len(batch.failed)} failed; the same command tries them again.", FAILED)
    return DONE


async def _interruptible(work):
    """Ctrl-C and SIGTERM end the batch in order; a second time, at once."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, task.cancel)
        except NotImplementedError:
            # Windows has no such handlers; there Ctrl-C raises KeyboardInterrupt as ever.
            pass
    return await task


def _cluster():
    try:
        from .cluster.run import run
    except ModuleNotFoundError as error:
        raise InputError(
            "--ray needs Ray: install the extra fewstep[cluster]."
            if error.name == "ray"
            else "--ray is not in the registry's copy of FewStep: take the one from git."
        ) from None
    return run


def _say(sentence: str, code: int) -> int:
    print(for_stream(sentence, sys.stderr), file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
