"""A LoRA that a run has saved can be chosen without loading the page again."""

import shutil

import pytest

# What the lists hold, which the way the page draws nodes does not reach.
pytestmark = pytest.mark.parametrize("renderer", ["classic"], indirect=True)

_ADD = """kinds => kinds.map(kind => {
    const node = LiteGraph.createNode(kind)
    app.graph.add(node)
    return node.id
})"""
# As the server tells the page that a node has run.
_RAN = """id => app.api.dispatchCustomEvent("executed", {
    node: String(id), display_node: String(id), output: {}, prompt_id: "1"
})"""
_LISTED = """([id, file]) => {
    const list = app.graph.getNodeById(id).widgets.find(one => one.name === "lora_name")
    return list.options.values.includes(file)
}"""
FILE = "made-while-open.safetensors"


def test_a_saved_lora_is_in_the_loader_s_list_at_once(page, server):
    loader, saves = page.evaluate(_ADD, ["FewStepLoraLoader", "FewStepSaveAccelerator"])
    loras = server.base_dir / "models" / "loras"
    shutil.copy(next(loras.glob("fewstep-demo-*.safetensors")), loras / FILE)
    try:
        page.evaluate(_RAN, loader)
        page.wait_for_timeout(500)
        assert not page.evaluate(_LISTED, [loader, FILE])
        page.evaluate(_RAN, saves)
        page.wait_for_function(_LISTED, arg=[loader, FILE], timeout=15_000)
    finally:
        (loras / FILE).unlink()
