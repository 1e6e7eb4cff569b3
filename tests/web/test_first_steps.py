"""What a person finds who installs the published archive into an empty ComfyUI 0.30."""

import json
import os
import sys
import zipfile
from pathlib import Path

import pytest
from fewstep.tools.examples.demo_files import MODEL_NAME, add_demo_files, place
from fewstep.tools.examples.links import published, workflow_files
from fewstep.tools.examples.model_files import model_files
from fewstep.tools.hosts.server import Server
from fewstep.tools.paths import BLUEPRINTS, EXAMPLES

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "contract")]
from graph import LONGEST, settled, wait_until  # noqa: E402
from pack import pack  # noqa: E402

START = "1 Start here - few-step SDXL Lightning"
STAND_INS = {
    "sd_xl_base_1.0.safetensors": MODEL_NAME,
    "sdxl_lightning_4step_lora.safetensors": "fewstep-demo-tcd.safetensors",
}
TITLES = [file.stem for file in workflow_files() if file.parent == EXAMPLES]
_READY = "window.app?.vueAppReady && app.extensionManager"
_CARD = "[data-testid^='template-workflow-']"
_OPEN = """async ([workflow, name]) => {
    workflow.id = crypto.randomUUID()
    await app.loadGraphData(workflow, true, true, name, { openSource: "template" })
    const tabs = app.extensionManager.workflow
    for (const tab of [...tabs.openWorkflows]) {
        if (tab !== tabs.activeWorkflow) await tabs.closeWorkflow(tab)
    }
}"""
_SET = """sizes => {
    const node = app.graph.nodes.find(one => one.type === "EmptyLatentImage")
    for (const name of ["width", "height"]) {
        const widget = node.widgets.find(one => one.name === name)
        widget.value = 64
        widget.callback?.(64)
    }
}"""
# Links are followed by nobody here: what the page would open is written down.
_RECORD = """() => {
    window.opened = []
    HTMLAnchorElement.prototype.click = function () { window.opened.push(this.href) }
}"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A ComfyUI that has the archive's pack and not one model."""
    folder = tmp_path_factory.mktemp("first")
    archive, _ = pack(folder)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder / "unpacked")
    host = Path(os.environ["FEWSTEP_HOST"])
    # The pack is what a manager unpacks; the host is as it is after its own installation.
    with Server(host, folder / "base", pack=folder / "unpacked") as server:
        server.post("/settings", {"Comfy.VueNodes.Enabled": False, "Comfy.TutorialCompleted": True})
        yield server


@pytest.fixture(scope="module")
def desk(bare, browser):
    """Its page on a small screen, with the classic renderer."""
    page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page.set_default_timeout(LONGEST * 1000)
    page.goto(bare.url, timeout=180_000)
    page.wait_for_function(_READY, timeout=180_000)
    page.evaluate(_RECORD)
    yield page
    page.close()


@pytest.fixture
def templates(desk):
    """The template browser, open at what the pack brings."""
    desk.evaluate("app.extensionManager.command.execute('Comfy.BrowseTemplates')")
    desk.get_by_placeholder("Search").last.wait_for()
    yield desk
    desk.keyboard.press("Escape")


def _cards(page):
    return [
        card.get_attribute("data-testid").removeprefix("template-workflow-")
        for card in page.locator(_CARD).all()
    ]


def test_start_here_is_the_first_of_the_pack_s_templates(templates):
    templates.get_by_text("fewstep", exact=True).first.click()
    templates.get_by_test_id(f"template-workflow-{START}").wait_for()
    assert _cards(templates)[0] == START


@pytest.mark.parametrize("words", ["few step", "lightning", "lcm", "sdxl", "inpaint"])
def test_the_template_search_finds_them(templates, words):
    box = templates.get_by_placeholder("Search").last
    box.fill(words)
    wanted = [title for title in TITLES if words in title.lower().replace("-", " ")]
    assert wanted
    for title in wanted:
        templates.get_by_test_id(f"template-workflow-{title}").wait_for()


@pytest.mark.parametrize("file", workflow_files(), ids=lambda file: file.stem)
def test_a_template_opens_readable_and_offers_every_file_for_download(desk, file):
    workflow = json.loads(file.read_text("utf-8"))
    desk.evaluate(_OPEN, [workflow, file.stem])
    settled(desk)
    if file.parent != BLUEPRINTS:
        assert not desk.evaluate("app.canvas.low_quality"), desk.evaluate("app.canvas.ds.scale")
    files = model_files(workflow)
    _show_errors(desk)
    offered = desk.get_by_test_id("missing-model-download")
    wait_until(
        desk,
        "count => document.querySelectorAll('[data-testid=missing-model-download]').length"
        " === count",
        f"The page did not offer {len(files)} files",
        len(files),
    )
    desk.evaluate("window.opened = []")
    for button in offered.all():
        button.click()
    assert set(desk.evaluate("window.opened")) == {published(*file).url for file in files}


def test_from_start_here_to_a_picture(desk, bare, tmp_path):
    desk.evaluate("app.extensionManager.command.execute('Comfy.BrowseTemplates')")
    desk.get_by_text("fewstep", exact=True).first.click()
    desk.get_by_test_id(f"template-workflow-{START}").click()
    _show_errors(desk)
    offered = desk.get_by_test_id("missing-model-download")
    offered.nth(len(STAND_INS) - 1).wait_for()
    workflow = json.loads((EXAMPLES / f"{START}.json").read_text("utf-8"))
    add_demo_files(tmp_path, Path(sys.executable))
    for folder, name in model_files(workflow):
        at = bare.base_dir / "models" / folder / name
        place(tmp_path / "models" / folder / STAND_INS[name], at)
    desk.get_by_test_id("missing-model-header-refresh").click()
    offered.first.wait_for(state="detached")
    desk.evaluate(_SET)
    with desk.expect_response("**/api/prompt") as sent:
        desk.get_by_test_id("queue-button").click()
    outputs = bare.wait(sent.value.json()["prompt_id"])["outputs"]
    (picture,) = (one for out in outputs.values() for one in out.get("images", []))
    assert (bare.base_dir / "output" / picture["subfolder"] / picture["filename"]).is_file()


def _show_errors(page):
    """Opens the list of what is missing, as the page offers it in a corner."""
    see = page.get_by_test_id("error-overlay-see-errors")
    page.get_by_test_id("missing-model-actions").or_(see).first.wait_for()
    if see.is_visible():
        see.click()
