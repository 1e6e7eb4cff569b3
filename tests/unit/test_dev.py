"""dev.py: every failure is one sentence and a code that is not 0, and no process is left behind."""

import io
import os
import signal
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
from fewstep.tools.hosts import host
from fewstep.tools.machine.pip_failure import pip_error
from fewstep.tools.machine.ports import check_free, free_port
from fewstep.tools.user_error import UserError


def dev(root, *arguments, **env):
    """Runs dev.py with this Python."""
    return subprocess.run(
        [sys.executable, "dev.py", *arguments],
        cwd=root,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("arguments", "env", "sentence"),
    [
        (["demo"], {"COMFYUI_PATH": "no/such/folder"}, "COMFYUI_PATH is no/such/folder"),
        (["demo", "--count", "9"], {}, "--count belongs to --table"),
        (["demo", "--distil", "--table"], {}, "--distil goes by itself"),
        (["demo", "--lora", "a.safetensors"], {}, "belong to --checkpoint"),
        (["demo", "--checkpoint", "README.md"], {}, "README.md is not a model file"),
        (["test", "quick"], {}, "There is no tier quick: choose from unit, contract, host, web"),
        (["test", "unit", "--ci"], {}, "--ci says which tiers: name none beside it"),
    ],
)
def test_a_mistake_is_one_sentence_and_a_code(root, arguments, env, sentence):
    done = dev(root, *arguments, **env)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_dev_py_alone_says_what_it_can_do(root):
    done = dev(root)
    assert done.returncode == 0
    for command in ("demo", "test", "serve", "host", "bench", "lint"):
        assert command in done.stdout


def test_an_unknown_comfyui_version_names_those_that_can_be_fetched():
    with pytest.raises(UserError, match=r"choose one of 0\.30\.0, .*0\.16\.3"):
        host.fetched_host("9.9.9")


def test_a_port_in_use_is_an_error_that_says_what_to_do():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UserError, match="is in use: choose another"):
            check_free(taken.getsockname()[1])
    assert check_free(free_port())
    with pytest.raises(UserError, match="no port"):
        check_free(70000)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("NewConnectionError: failed to establish", "cannot be reached; look at the network"),
        ("OSError: [Errno 28] No space left on device", "the disk is full; make room"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "not the file that was expected"),
        ("ERROR: No matching distribution found for x", "try another Python"),
        ("ERROR: something else", "ERROR: something else"),
    ],
)
def test_a_failure_of_pip_is_said_in_words(said, sentence, tmp_path):
    log = tmp_path / "pip.log"
    log.write_text(f"Collecting x\n{said}\n")
    assert sentence in str(pip_error("Installing", log))


def test_an_archive_cannot_write_outside_its_folder(tmp_path):
    archive = tmp_path / "host.tar.gz"
    with tarfile.open(archive, "w:gz") as files:
        member = tarfile.TarInfo("package/vendor/ComfyUI/../../../outside.py")
        member.size = 1
        files.addfile(member, io.BytesIO(b"x"))
    with pytest.raises(UserError, match="outside its folder"):
        host._unpack(archive, tmp_path / "unpacked")
    assert not list(tmp_path.rglob("outside.py"))


_PARENT = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tools.machine.processes import guarded, start
start(guarded(Path(sys.executable), sys.argv[2]), folder=Path("."))
time.sleep(60)
"""
_CHILD = """
import os, time
from pathlib import Path
Path(__file__).with_suffix(".pid").write_text(str(os.getpid()))
time.sleep(60)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL and /proc-like checks are of POSIX systems")
def test_a_child_ends_when_dev_py_is_killed(root, tmp_path):
    child = tmp_path / "child.py"
    child.write_text(_CHILD)
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, str(root), str(child)])
    pid = int(_when_written(child.with_suffix(".pid")))
    assert _is_running(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    end = time.monotonic() + 20
    while _is_running(pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _is_running(pid)


def _when_written(path: Path) -> str:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if path.exists() and (text := path.read_text()):
            return text
        time.sleep(0.05)
    raise AssertionError(f"{path.name} was not written")


def _is_running(pid: int) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return done.stdout.strip()[:1] not in ("", "Z")
