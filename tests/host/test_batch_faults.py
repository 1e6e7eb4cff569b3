"""Clients and servers that are killed, bad connections, a full disk: no file less, none twice."""

import itertools
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from batches import (
    MOST_UNTOLD,
    BadProxy,
    assert_as_undisturbed,
    assert_index_is_there,
    colors,
    counted,
    graph,
    pictures,
    run,
    start,
)
from fewstep.tools.hosts.server import Server
from fewstep.tools.machine.ports import free_port
from floor import IS_NEWEST, THOROUGH
from waiting import wait_for_the_end, wait_until

SIZE = 512
# A host takes seconds to start: the older one is killed less often.
SERVER_KILLS = 10 if THOROUGH else 3 if IS_NEWEST else 1
CLIENT_KILLS = 20 if THOROUGH else 6
JOBS = colors(60)


@pytest.fixture
def case(server, tmp_path):
    """Call with jobs: the workflow, its prefix, and a folder nobody disturbed."""

    def make(jobs):
        prefix = uuid.uuid4().hex
        whole = tmp_path / "whole"
        workflow = graph(tmp_path, f"whole-{prefix}", size=SIZE)
        # The same jobs, or the ids and so the names would differ: only the folder is another.
        code, said = run(workflow, whole, *jobs, servers=[server.url])
        assert code == 0 and len(pictures(whole)) == jobs[1].count("|") + 1, said
        return workflow, f"whole-{prefix}", whole

    return make


def _clear(base_dir, prefix):
    for file in (base_dir / "output").glob(f"{prefix}_*.png"):
        file.unlink()


def test_killed_clients(server, case, tmp_path):
    chance = random.Random(8)
    # A client does some jobs more between those that are waited for and its end.
    jobs = colors(25 * CLIENT_KILLS)
    workflow, prefix, whole = case(jobs)
    _clear(server.base_dir, prefix)
    out = tmp_path / "out"
    # From before the first act to some way on, or the next one would find no work left.
    for more in itertools.islice(itertools.cycle([5, 0, 1, 15, 0, 2]), CLIENT_KILLS):
        target = counted(out, "done") + more
        process = start(workflow, out, *jobs, servers=[server.url])
        wait_until(lambda n=target: counted(out, "done") >= n, f"{more} jobs more", process)
        time.sleep(chance.uniform(0, 0.05 if more else 0.6))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL, "the batch was over before it was killed"
        assert_index_is_there(out)
    code, said = run(workflow, out, *jobs, servers=[server.url])
    assert code == 0, said
    assert_as_undisturbed(out, whole, server.base_dir, prefix)


def test_a_killed_client_leaves_an_index_of_what_is_done(server, tmp_path):
    workflow, out = graph(tmp_path, uuid.uuid4().hex, size=SIZE), tmp_path / "out"
    process = start(workflow, out, *colors(300), servers=[server.url])
    enough = 3 * MOST_UNTOLD
    wait_until(lambda: counted(out, "done") >= enough, f"{enough} jobs are done", process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert_index_is_there(out)


def test_killed_servers(server, case, tmp_path):
    chance = random.Random(9)
    jobs = colors(40 * SERVER_KILLS)
    workflow, prefix, whole = case(jobs)
    base, port = tmp_path / "base", free_port()
    options = {"port": port, "extra_args": ["--disable-all-custom-nodes"]}
    out, process = tmp_path / "out", None
    try:
        for _ in range(SERVER_KILLS):
            with Server(Path(os.environ["FEWSTEP_HOST"]), base, **options) as own:
                process = process or start(workflow, out, *jobs, servers=[own.url])
                more = chance.randrange(1, 25)
                target = counted(out, "done") + more
                wait_until(lambda n=target: counted(out, "done") >= n, f"{more} jobs more", process)
                os.killpg(own._process.pid, signal.SIGKILL)
        with Server(Path(os.environ["FEWSTEP_HOST"]), base, **options):
            said = wait_for_the_end(process, "the client has done what the killed servers left")
    finally:
        if process:
            process.kill()
    assert process.returncode == 0, said
    assert_as_undisturbed(out, whole, base, prefix)


def test_a_connection_that_is_cut_and_late(server, case, tmp_path):
    workflow, prefix, whole = case(JOBS)
    _clear(server.base_dir, prefix)
    out = tmp_path / "out"
    with BadProxy(urlsplit(server.url).port) as proxy:
        code, said = run(workflow, out, *JOBS, servers=[proxy.url])
        assert proxy.cut > 10, f"only {proxy.cut} connections were cut"
    assert code == 0, said
    assert_as_undisturbed(out, whole, server.base_dir, prefix)


def test_two_servers_of_which_one_is_behind_a_bad_connection(server, case, tmp_path):
    workflow, prefix, whole = case(JOBS)
    _clear(server.base_dir, prefix)
    out = tmp_path / "out"
    with BadProxy(urlsplit(server.url).port, seed=3) as proxy:
        code, said = run(workflow, out, *JOBS, servers=[proxy.url, server.url])
    assert code == 0, said
    assert_as_undisturbed(out, whole, server.base_dir, prefix)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KB and a way to make it larger."""
    at = tmp_path / "small"
    at.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(at)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system is not permitted here")
    enlarge = ["mount", "-o", "remount,size=64m", str(at)]
    yield at, lambda: subprocess.run(enlarge, check=True)
    subprocess.run(["umount", str(at)], check=True)


def test_a_full_disk(server, case, small_disk):
    jobs = colors(100)
    workflow, prefix, whole = case(jobs)
    _clear(server.base_dir, prefix)
    disk, enlarge = small_disk
    out = disk / "out"
    for _ in range(2):
        code, said = run(workflow, out, *jobs, servers=[server.url])
        assert code == 1 and "No space left on device" in said, said
        assert "The same command goes on from here." in said
        assert len(said.strip().splitlines()) == 1
    enlarge()
    code, said = run(workflow, out, *jobs, servers=[server.url])
    assert code == 0, said
    assert_as_undisturbed(out, whole, server.base_dir, prefix)
