"""The pack as the host loads it: by path, under a name of the host's choosing."""

import asyncio
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def load(name="/custom_nodes/some folder"):
    """Import the pack as ComfyUI's load_custom_node does, and run its entry point."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "__init__.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    extension = asyncio.run(module.comfy_entrypoint())
    asyncio.run(extension.on_load())
    return module, asyncio.run(extension.get_node_list())


def schemas():
    """Schema of every node by id."""
    found = (node.GET_SCHEMA() for node in load()[1])
    return {schema.node_id: schema for schema in found}


def pack(folder):
    """The zip that comfy-cli packs from the files git knows, and what it says of the pack.

    The zip lies in a copy of the checkout, which is made in `folder`.
    """
    copy = folder / "fewstep"
    listed = _run(["git", "ls-files", "-co", "--exclude-standard"], ROOT).splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    _run(["git", "init", "-q"], copy)
    _run(["git", "add", "-A"], copy)
    comfy = [str(Path(sys.executable).with_name("comfy")), "--skip-prompt", "node"]
    said = _run([*comfy, "validate"], copy)
    _run([*comfy, "pack"], copy)
    return copy / "node.zip", said


def _run(command, folder):
    env = {**os.environ, "DO_NOT_TRACK": "1"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
