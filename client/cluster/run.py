"""A batch on Ray: an actor for each GPU, or each CPU slot, with a ComfyUI of its own."""

from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError

from ..errors import InputError
from ..jobs.freeze import freeze
from ..jobs.template import Template
from ..options import ClusterOptions
from ..page.file import types_in
from ..queue.batch import Batch
from ..run import read, run_jobs
from .lane import WorkerLane
from .worker import Worker

_CLIENT = Path(__file__).resolve().parents[1]


async def run(options: ClusterOptions) -> Batch:
    """Runs the batch to its end, as the run on servers does, and with the same journal."""
    file, rows = read(options)
    _connect(options.address)
    try:
        workers = _workers(options)
        template = Template(file, await _definitions(workers[0], types_in(file)))
        return await run_jobs(
            freeze(template, rows, options.settings),
            options,
            lambda batch: [
                WorkerLane(batch, worker, f"ray:{number}", min(options.ahead, 4))
                for number, worker in enumerate(workers)
            ],
        )
    finally:
        ray.shutdown()


def _connect(address: str) -> None:
    try:
        ray.init(
            address=address,
            runtime_env={"py_modules": [str(_CLIENT)]},
            log_to_driver=False,
            include_dashboard=False if address == "local" else None,
            logging_level="error",
        )
    except (RayError, ConnectionError, ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"There is no Ray cluster at {address}: {reason}") from None


def _workers(options: ClusterOptions) -> list[Any]:
    there = ray.cluster_resources()
    gpus = int(there.get("GPU", 0))
    count = options.workers or gpus or int(there.get("CPU", 1))
    needs = {"num_gpus": 1} if gpus else {"num_cpus": 1}
    if count > (gpus or there.get("CPU", 1)):
        raise InputError(f"--workers {count} is more than the cluster has room for.")
    arguments = options.comfyui_args + ([] if gpus else ["--cpu"])
    actor = ray.remote(max_restarts=-1, max_task_retries=0, max_concurrency=16, **needs)(Worker)
    return [
        actor.remote(str(options.comfyui), str(options.python), arguments, options.largest)
        for _ in range(count)
    ]


async def _definitions(worker: Any, types: set[str]) -> dict[str, Any]:
    try:
        found = await worker.object_info.remote(types)
    except RayError as error:
        reason = getattr(error, "cause", None) or str(error).strip().splitlines()[-1]
        raise InputError(f"The workers do not start: {reason}") from None
    missing = sorted(types - set(found))
    if missing:
        raise InputError(f"The workflow has nodes that ComfyUI lacks there: {', '.join(missing)}.")
    return found
