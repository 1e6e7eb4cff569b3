"""A real ComfyUI for the tests that need a server, and the largest errors found."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
# The demo's programs find dev.py's tools as in the checkout's folder; last, or the pack's nodes
# would hide the host's.
sys.path.append(str(Path(__file__).parents[2]))

_errors: dict[str, float] = {}


def pytest_configure(config):
    config.addinivalue_line("markers", "floor: runs on older versions too (tests/host/floor.py)")


def pytest_collection_modifyitems(config, items):
    from floor import choose

    items[:], left_out = choose(items)
    if left_out:
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture
def largest():
    """Call with a name and a relative error: remembered, and shown at the end."""

    def remember(name: str, error: float) -> float:
        _errors[name] = max(_errors.get(name, 0.0), error)
        return error

    return remember


@pytest.fixture
def models_folder(tmp_path, monkeypatch):
    """Empty folders of checkpoints and diffusion models, and an empty user directory."""
    import folder_paths

    endings = {".safetensors", ".bin"}
    for name in ("checkpoints", "diffusion_models"):
        (tmp_path / name).mkdir()
        known = folder_paths.folder_names_and_paths
        monkeypatch.setitem(known, name, ([str(tmp_path / name)], endings))
    monkeypatch.setattr(folder_paths, "filename_list_cache", {})
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path / "user"))
    return tmp_path / "diffusion_models"


@pytest.fixture
def training_folder(tmp_path, monkeypatch):
    """A folder with an empty `loras` and room for a user directory; and short previews."""
    import folder_paths
    from fewstep.host.training import previews

    (tmp_path / "loras").mkdir()
    known = folder_paths.folder_names_and_paths
    monkeypatch.setitem(known, "loras", ([str(tmp_path / "loras")], {".safetensors"}))
    monkeypatch.setattr(folder_paths, "filename_list_cache", {})
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path / "user"))
    monkeypatch.setattr(previews, "_TEACHER_STEPS", 1)
    return tmp_path


@pytest.fixture
def classifiers_folder(tmp_path, monkeypatch):
    """An empty models/classifiers."""
    import folder_paths

    folder = tmp_path / "classifiers"
    folder.mkdir()
    known = folder_paths.folder_names_and_paths
    monkeypatch.setitem(known, "classifiers", ([str(folder)], {""}))
    return folder


@pytest.fixture
def reward_folder(classifiers_folder, tmp_path, monkeypatch):
    """An empty models/classifiers, an empty user directory, and fewer pictures to look at."""
    import folder_paths
    from fewstep.host.training import previews
    from fewstep.host.training.rewards import feedback

    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path / "user"))
    monkeypatch.setattr(previews, "_TEACHER_STEPS", 2)
    monkeypatch.setattr(feedback, "_LOOKED_AT", 4)
    return classifiers_folder


@pytest.fixture
def load_model(models_folder, monkeypatch):
    """Call with the loader's inputs: (model, CLIP, VAE, recipe, report)."""
    import narrow_files
    from fewstep.nodes.one_step_loader import FewStepOneStepLoader

    for base in ("SD 1.5", "SDXL"):
        narrow_files.teach(monkeypatch, base)

    def run(name="a.safetensors", *, base="SDXL", **inputs):
        narrow_files.teach(monkeypatch, base)
        given = {"recipe": "auto", "base_checkpoint": "none", "weight_dtype": "default"}
        given["guidance"] = 8.0
        return FewStepOneStepLoader.execute(name, **{**given, **inputs}).result

    return run


def pytest_terminal_summary(terminalreporter):
    for name, error in sorted(_errors.items()):
        terminalreporter.write_line(f"largest relative error, {name}: {error:.1e}")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The host with the pack, the demo model, a stand-in for another pack, and parts made short."""
    import other_pack
    import saving_pack
    import short_flow_parts
    import short_text_encoders
    from fewstep.tools.examples.demo_files import add_demo_files
    from fewstep.tools.hosts.server import Server

    base = tmp_path_factory.mktemp("base")
    add_demo_files(base, Path(sys.executable))
    for pack in (other_pack, saving_pack, short_text_encoders, short_flow_parts):
        pack.install(base / "custom_nodes")
    with Server(Path(os.environ["FEWSTEP_HOST"]), base, env={"FEWSTEP_KSAMPLER": "1"}) as running:
        yield running
