"""Who may import whom: pure packages know no host, and only host/ knows its insides."""

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from pack import ROOT  # noqa: E402

STANDARD = set(sys.stdlib_module_names)
# The one place that knows kornia, which comes with ComfyUI.
MEASURES = "host/sampling/measures.py"
# What each package may import beyond the standard library and itself.
ALLOWED = {
    "samplers": {"torch", "numpy", "tqdm"},
    "schedulers": set(),
    "recipes": {"samplers", "schedulers"},
    "pictures": {"PIL", "numpy"},
    "distil": {"torch", "samplers"},
    "host": {
        *("comfy", "comfy_api", "comfy_extras", "comfy_execution", "folder_paths", "node_helpers"),
        "latent_preview",
        # The host's own, which the pack's is never called.
        "nodes",
        *("torch", "safetensors", "numpy", "PIL"),
        # The route that the page asks: host/routes.py.
        "aiohttp",
        *("samplers", "schedulers", "recipes", "pictures", "distil"),
    },
    "nodes": {"comfy_api", "host", "samplers", "schedulers", "recipes", "pictures"},
    "client": {"aiohttp", "tqdm", "yarl", "ray"},
}
# What training is, which is read when one of its nodes first runs.
TRAINING = "host/training/__init__.py"
# Imported when first needed: so that a wrong command is answered at once, locks are the system's,
# Ray is asked for only by --ray, kornia only by a comparison that measures, and what trains only
# by a training.
MAY_IMPORT_LATE = {"client/__main__.py", "client/queue/folder.py", MEASURES, TRAINING}
# The client's rooms in the order in which the data passes, and the files at its top among them.
# Each may import those before it, and from outside what is named here.
CLIENT = {
    "errors": set(),
    "options": set(),
    "page": set(),
    "jobs": set(),
    # Before what needs packages: --help and a bad command are answered without them.
    "arguments": set(),
    "queue": {"aiohttp", "yarl", "tqdm"},
    "run": set(),
    "cluster": {"aiohttp", "ray"},
    "__main__": set(),
}
FILES = [path for package in ALLOWED for path in sorted((ROOT / package).glob("**/*.py"))]


def imported(path):
    """Top-level names a file imports; a relative import of a sibling package gives its name."""
    depth = len(path.relative_to(ROOT).parts) - 1
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.level == depth + 1:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (name.split(".")[0] for name in names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path):
    package = path.relative_to(ROOT).parts[0]
    here = {"kornia"} if path == ROOT / MEASURES else set()
    assert set(imported(path)) - STANDARD <= ALLOWED[package] | here


def test_only_host_knows_comfyui_and_only_nodes_its_interface_too():
    known = {path: set(imported(path)) for path in FILES}
    insides = {"comfy", "comfy_extras", "comfy_execution", "folder_paths", "node_helpers"}
    insides.add("latent_preview")
    for names, allowed in ((insides, {"host"}), ({"comfy_api"}, {"host", "nodes"})):
        users = {path.relative_to(ROOT).parts[0] for path, found in known.items() if found & names}
        assert users <= allowed


def test_the_registry_of_samplers_needs_no_torch():
    """Recipes are read by dev.py on a Python that has nothing installed."""
    for name in ("__init__.py", "registry.py"):
        assert set(imported(ROOT / "samplers" / name)) <= STANDARD


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_is_hidden_in_a_function(path):
    tree = ast.parse(path.read_text("utf-8"))
    functions = [
        n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    for function in functions:
        inner = [n for n in ast.walk(function) if isinstance(n, (ast.Import, ast.ImportFrom))]
        late = path.relative_to(ROOT).as_posix() in MAY_IMPORT_LATE
        assert late or not inner, function.name


def test_kornia_is_not_loaded_with_the_pack():
    top = ast.parse((ROOT / MEASURES).read_text("utf-8")).body
    names = {n.module for n in top if isinstance(n, ast.ImportFrom)}
    names |= {alias.name for n in top if isinstance(n, ast.Import) for alias in n.names}
    assert "kornia" in set(imported(ROOT / MEASURES))
    assert not any(name and name.startswith("kornia") for name in names)


def room_of(path):
    """The client's room that a file is in, or the file's own name at the top."""
    return path.relative_to(ROOT / "client").parts[0].removesuffix(".py")


def rooms_imported(path):
    """The rooms of the client that a file of it imports."""
    depth = len(path.relative_to(ROOT / "client").parts)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (name.split(".")[0] for name in names)


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.is_relative_to(ROOT / "client")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_the_client_s_rooms_pass_the_data_one_way(path):
    room, order = room_of(path), list(CLIENT)
    if room == "__init__":
        assert not set(imported(path))
        return
    assert set(rooms_imported(path)) <= set(order[: order.index(room)])
    assert set(imported(path)) - STANDARD <= CLIENT[room]


def test_the_root_only_offers_what_comfyui_reads():
    tree = ast.parse((ROOT / "__init__.py").read_text("utf-8"))
    names = {alias.name for n in tree.body if isinstance(n, ast.ImportFrom) for alias in n.names}
    assert names == {"comfy_entrypoint"}
