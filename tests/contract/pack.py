"""The pack as the host loads it: by path, under a name of the host's choosing."""

import asyncio
import importlib.util
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
