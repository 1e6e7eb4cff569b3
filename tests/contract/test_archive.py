"""What the registry would publish: valid, small, and free of what its scanners flag."""

import re
import sys
import zipfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from pack import ROOT, pack  # noqa: E402

TOP_LEVEL = {
    "__init__.py",
    "CHANGELOG.md",
    "LICENSE",
    "client",
    "distil",
    "host",
    "README.md",
    "README.zh.md",
    "docs",
    "example_workflows",
    "locales",
    "nodes",
    "pictures",
    "pyproject.toml",
    "recipes",
    "samplers",
    "schedulers",
    "subgraphs",
    "web",
}
# Strings for which the registry has flagged versions of other packs, in code or comments.
FLAGGED = [
    r"subprocess",
    r"os\.system",
    r"os\.popen",
    r"\beval\(",
    r"\bexec\(",
    r"\.connect\(",
    r"\.bind\(",
    r"\.send\(",
    r"importlib\.import_module",
    r"__import__",
    r"\bsqlite3?\b",
    r"\bpickle\b",
    r"\bctypes\b",
    r"\bcryptography\b",
    r"\bhashlib\b",
    r"\bbase64\b",
    r"websocket",
    r"requests\.",
    r"urllib",
    r"pip install",
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """What comfy-cli says of the pack, and the files it packs by name."""
    archive, said = pack(tmp_path_factory.mktemp("pack"))
    with zipfile.ZipFile(archive) as packed:
        return said, {name: packed.read(name) for name in packed.namelist()}


def test_comfy_node_validate_passes(archive):
    assert "warning" not in archive[0].lower(), archive[0]


def test_the_archive_holds_only_what_runs(archive):
    assert {name.split("/")[0] for name in archive[1]} == TOP_LEVEL


def test_the_archive_leaves_out_what_starts_processes(archive):
    names = {name for name in archive[1] if name.startswith("client/")}
    assert "client/__main__.py" in names
    assert not any(name.startswith("client/cluster/") for name in names)


def test_the_archive_has_no_file_over_1_mb(archive):
    assert not [name for name, content in archive[1].items() if len(content) > 2**20]


@pytest.mark.parametrize("pattern", FLAGGED)
def test_the_archive_has_nothing_that_scanners_flag(archive, pattern):
    code = {name: text for name, text in archive[1].items() if name.endswith((".py", ".js"))}
    assert code
    assert not [name for name, text in code.items() if re.search(pattern, text.decode("utf-8"))]


def test_the_archive_is_plain_text_that_windows_reads(archive):
    for name, content in archive[1].items():
        if name.endswith(".py"):
            content.decode("cp1252")


def test_no_file_outside_nodes_looks_like_a_node_to_a_scanner():
    """Scanners of packs read every file for ids of nodes, those of the tests too."""
    named = re.compile(r"NODE_CLASS_MAPPINGS\s*=\s*\{\s*[\"']|\bnode_id\s*=\s*[\"']")
    tracked = [path for path in ROOT.rglob("*.py") if ".dev" not in path.relative_to(ROOT).parts]
    found = [path for path in tracked if named.search(path.read_text("utf-8"))]
    assert found and all(path.relative_to(ROOT).parts[0] == "nodes" for path in found)
