"""The virtual environment in .dev: made once, remade only when what belongs in it changes."""

import hashlib
import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from ..machine.console import run_logged, say
from ..machine.pip_failure import pip_error
from ..machine.processes import guarded
from ..paths import DEV, FACTS, LOGS, ROOT, VENV, python_in
from ..user_error import UserError

# The newest torchaudio, 2.11, is built for CUDA 13.0 and stops ComfyUI beside torch 2.15 (13.2).
_TORCH = ["torch<2.15", "torchvision", "torchaudio"]
_FOR_TESTS = ["pytest", "hypothesis", "diffusers", "peft", "ruff", "comfy-cli", "playwright"]
_FOR_CLUSTER = ["ray>=2.40"]
# Said by pip and uv when they begin to change the environment; until then it is as it was.
_CHANGING = ("Installing collected packages", "Prepared ", "Uninstalled ", "Installed ")
# On Linux torch brings the CUDA libraries along.
_GIGABYTES = 8 if sys.platform == "linux" else 4
_PROBE = """import torch, torchaudio, torchvision
print(int(torch.cuda.is_available() or torch.backends.mps.is_available()
          or (hasattr(torch, "xpu") and torch.xpu.is_available())))"""


def make_environment() -> None:
    """Makes the virtual environment, with nothing but pip in it, unless it is there and whole."""
    if FACTS.is_file() and python_in(VENV).exists() and _facts().get("made_for") == _made_for():
        return
    if VENV.exists():
        say("The environment in .dev/venv is unfinished or for another Python: making it again.")
        shutil.rmtree(VENV)
    uv = shutil.which("uv")
    command = (
        [uv, "venv", "--seed", "--python", sys.executable, str(VENV)]
        if uv
        else guarded(Path(sys.executable), "-m", "venv", VENV)
    )
    log = LOGS / "venv.log"
    if run_logged("Making a virtual environment in .dev/venv", command, folder=ROOT, log=log):
        said = log.read_text("utf-8", errors="replace")
        if "ensurepip" in said or "No module named venv" in said:
            raise UserError(
                "This Python cannot make virtual environments: install its venv module"
                " (on Debian and Ubuntu: apt install python3-venv)."
            )
        raise pip_error("Making the virtual environment", log)


def install_packages(requirements: Path, *, tests: bool, cluster: bool) -> None:
    """Installs torch and what the host requires, and what the tests need, `cluster` those on one.

    All at once: each call of pip looks through everything again.
    """
    facts = _facts()
    runs = _digest([*_TORCH, requirements.read_text("utf-8")])
    wanted = {
        "runs": runs,
        **({"tests": _digest([runs, *_FOR_TESTS])} if tests else {}),
        **({"cluster": _FOR_CLUSTER} if cluster else {}),
    }
    if wanted.items() <= facts.items():
        return
    if not facts:
        _check_room()
    # Without it the environment counts as unfinished.
    FACTS.unlink(missing_ok=True)
    packages = [*_TORCH, "-r", str(requirements)]
    packages += (_FOR_TESTS if tests else []) + (_FOR_CLUSTER if cluster else [])
    log = LOGS / "packages.log"
    what = "packages for ComfyUI" + (" and the tests" if tests else "")
    if run_logged(f"Installing {what}", _installer() + packages, folder=ROOT, log=log):
        if facts and not any(sign in log.read_text("utf-8") for sign in _CHANGING):
            _write(facts)
        raise pip_error("Installing packages", log)
    _write({"made_for": _made_for(), **wanted, "accelerator": _has_accelerator()})


def _installer() -> list[str]:
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--python", str(python_in(VENV))]
    # Most of it is never imported: compiling it all would take longer than it saves.
    options = ("--progress-bar", "off", "--retries", "2", "--no-compile")
    return guarded(python_in(VENV), "-m", "pip", "install", *options)


def _facts() -> dict[str, object]:
    try:
        return json.loads(FACTS.read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _write(facts: dict[str, object]) -> None:
    unfinished = FACTS.with_suffix(".part")
    unfinished.write_text(json.dumps(facts, indent=2), "utf-8")
    unfinished.replace(FACTS)


def _made_for() -> list[str]:
    return [platform.python_version(), sys.platform, platform.machine(), str(VENV.resolve())]


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _has_accelerator() -> bool:
    command = [str(python_in(VENV)), "-c", _PROBE]
    result = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=DEV, check=False
    )
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UserError(f"PyTorch is installed but does not start: {reason}.")
    return result.stdout.strip().endswith("1")


def _check_room() -> None:
    free = shutil.disk_usage(DEV).free / 1e9
    if free < _GIGABYTES:
        raise UserError(
            f"Setting up takes {_GIGABYTES} GB in {DEV}, and only {free:.1f} GB are free: make room"
            " or make .dev a link to a folder on a larger disk."
        )
