"""Every example workflow, from its file to a picture: on the demo model, or on models as wide as
those it names, with random weights.
"""

import os
from urllib.parse import urlencode

import known
import pytest
from fewstep.tools.examples.conversion import to_api
from fewstep.tools.examples.demo_workflows import demo_workflow, example
from fewstep.tools.examples.model_files import is_for_the_demo, model_files
from fewstep.tools.paths import EXAMPLES
from test_server import NODES


def _by_model(title):
    """Those with the same models one after the other: the host keeps what the last one loaded."""
    return sorted(name for _, name in model_files(example(title))), title


TITLES = sorted((file.stem for file in EXAMPLES.glob("*.json")), key=_by_model)
# Examples on a node of core that older hosts do not have, and the first version that has it.
NEWER = {"Live drawing in 1 step": ("Painter", (0, 18))}
VERSION = tuple(map(int, os.environ.get("FEWSTEP_HOST_VERSION", "99.0").split(".")[:2]))


@pytest.fixture(scope="module")
def other_models(server):
    """The models that the examples for other families name, in the server's folders."""
    others = [example(title) for title in TITLES if not is_for_the_demo(example(title))]
    files = known.write_models(server.base_dir / "models", set().union(*map(model_files, others)))
    yield
    for file in files:
        file.unlink()


@pytest.mark.parametrize("title", TITLES)
def test_an_example_runs_and_makes_a_picture(title, server, other_models):
    demo = is_for_the_demo(example(title))
    object_info = server.object_info()
    node, since = NEWER.get(title, ("", (0, 0)))
    if since > VERSION:
        assert node not in object_info
        pytest.skip(f"ComfyUI has {node} from {since[0]}.{since[1]} on")
    said = len(server.log_text())
    entry = server.queue(to_api(demo_workflow(title), object_info), timeout=120)
    outputs = entry["outputs"].values()
    pictures = [picture for out in outputs for picture in out.get("images", [])]
    assert any(server.get(_address(picture))[:4] == b"\x89PNG" for picture in pictures)
    assert "not loaded" not in server.log_text()[said:]
    texts = " ".join(text for out in outputs for text in out.get("text", []))
    assert "not recognised" not in texts
    assert demo or "step" in texts


def test_every_node_of_the_pack_is_in_an_example():
    used = {node["type"] for title in TITLES for node in example(title)["nodes"]}
    assert set(NODES) <= used


def _address(picture):
    return f"/view?{urlencode(picture)}"
