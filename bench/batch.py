"""The server's idle time between the jobs of a batch, by the server's own clock."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from fewstep.client.page.workflow import to_api
from fewstep.tools.examples.demo_files import add_demo_files
from fewstep.tools.examples.demo_workflows import demo_workflow
from fewstep.tools.hosts.server import Server

ROOT = Path(__file__).resolve().parents[1]
JOBS, OTHER_JOBS = 300, 100
TITLE = "SD 1.5 few-step batch of prompts"
SAMPLER = "6"
# ComfyUI collects garbage between two jobs every 10 seconds (main.py), whoever queues them.
TIDYING = 100


def report() -> None:
    print("\nIdle time of the server between jobs of the demo model, 64 x 64 in 4 steps")
    print(f"  {'':32}{'job':>10}{'idle, median':>15}{'share':>10}{'without tidying':>18}")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        add_demo_files(base, Path(sys.executable))
        with Server(Path(os.environ["FEWSTEP_HOST"]), base, env={"FEWSTEP_CPU": "1"}) as server:
            workflow = demo_workflow(TITLE)
            _client(server, workflow, Path(folder), 3, first_seed=900)
            for name, run, count, seed in (
                ("post, wait, download", _naive, OTHER_JOBS, 2000),
                ("all queued, nothing fetched", _queued, OTHER_JOBS, 3000),
                ("this client", _client, JOBS, 1000),
            ):
                server.post("/history", {"clear": True})
                run(server, workflow, Path(folder), count, first_seed=seed)
                _print(name, server.get("/history"))


def _client(server, workflow, folder, count, *, first_seed):
    file = folder / "workflow.json"
    file.write_text(json.dumps(workflow))
    command = [sys.executable, "-m", "client", "run", str(file), "--quiet"]
    command += ["--out", str(folder / f"from {first_seed}"), "--server", server.url]
    command += ["--seeds", f"{first_seed}-{first_seed + count - 1}"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def _naive(server, workflow, folder, count, *, first_seed):
    prompt = to_api(workflow, server.object_info())
    for seed in range(first_seed, first_seed + count):
        prompt[SAMPLER]["inputs"]["seed"] = seed
        entry = server.queue(prompt)
        (picture,) = entry["outputs"]["8"]["images"]
        query = f"filename={picture['filename']}&subfolder={picture['subfolder']}&type=output"
        (folder / f"{seed}.png").write_bytes(server.get(f"/view?{query}"))


def _queued(server, workflow, folder, count, *, first_seed):
    prompt = to_api(workflow, server.object_info())
    for seed in range(first_seed, first_seed + count):
        prompt[SAMPLER]["inputs"]["seed"] = seed
        last = server.submit(prompt)
    server.wait(last)


def _print(name, history):
    times = sorted(_times(entry["status"]["messages"]) for entry in history.values())
    jobs = [end - begin for begin, end in times]
    idle = [after[0] - before[1] for before, after in pairwise(times)]
    job, gap = statistics.median(jobs), statistics.median(idle)
    shares = (_share(idle, jobs), _share([one for one in idle if one < TIDYING], jobs))
    print(f"  {name:32}{job:>7.0f} ms{gap:>12.0f} ms{shares[0]:>10.1%}{shares[1]:>18.1%}")


def _share(idle, jobs):
    return sum(idle) / (sum(idle) + sum(jobs))


def _times(messages):
    told = {name: details["timestamp"] for name, details in messages}
    return told["execution_start"], told["execution_success"]
