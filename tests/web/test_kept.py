"""Runs and teacher paths that are kept: listed on the page, cleared when a person is sure."""

import pytest
from graph import PageGraph, settled

_BUTTON = """id => {
    const widget = app.graph.getNodeById(id).widgets.find(one => one.name === "kept_runs")
    widget.callback(widget.value)
    return widget.label
}"""
_SAVED = """id => {
    const node = app.graph.getNodeById(id)
    return [node.serialize().widgets_values, node.widgets.map(one => one.name)]
}"""
_SENT = "async id => (await app.graphToPrompt()).output[id].inputs"
_AFTER = """id => {
    const named = one => one.name === "control_after_generate"
    return app.graph.getNodeById(id).widgets.find(named).value
}"""
DIALOG = "dialog[data-fewstep=kept]"


@pytest.fixture
def folders(server):
    """A run of 3 MB, and paths."""
    user = server.base_dir / "user" / "fewstep"
    made = [user / "training" / "my run", user / "paths" / "my paths"]
    for folder in made:
        folder.mkdir(parents=True)
        (folder / "state.pt").write_bytes(b"0" * 3 * 2**20)
    yield made


def test_a_run_is_cleared_after_a_second_press(page, folders, screenshot):
    run, paths = folders
    node = PageGraph(page).add("FewStepDistil")
    assert page.evaluate(_BUTTON, node) == "Kept runs…"
    dialog = page.locator(DIALOG)
    row = dialog.locator("div > div", has_text="my run").last
    assert "run, 3.0 MB" in row.inner_text()
    assert "paths, 3.0 MB" in dialog.inner_text()
    press = row.get_by_role("button")
    press.click()
    assert run.exists() and press.inner_text() == "Delete my run (3.0 MB) for good"
    settled(page)
    screenshot("kept runs")
    press.click()
    dialog.get_by_text("my run", exact=True).wait_for(state="detached")
    assert not run.exists() and paths.exists()
    dialog.get_by_role("button").first.click()
    dialog.get_by_role("button").first.click()
    dialog.get_by_text("Nothing is kept.").wait_for()
    assert not paths.exists()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")


def test_the_button_is_in_no_saved_workflow_and_no_prompt(page):
    for kind in ("FewStepDistil", "FewStepTeacherPaths"):
        node = PageGraph(page).add(kind)
        values, names = page.evaluate(_SAVED, node)
        assert names[-1] == "kept_runs" and len(values) == len(names) - 1
        assert "kept_runs" not in page.evaluate(_SENT, node)


def test_the_seed_of_a_run_stays_so_that_queueing_again_goes_on_with_it(page):
    for kind in ("FewStepDistil", "FewStepTeacherPaths"):
        node = PageGraph(page).add(kind)
        control = page.evaluate(_AFTER, node)
        assert control == "fixed", kind
