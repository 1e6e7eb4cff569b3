"""Graphs in API format that train the demo model for a few steps."""

from graphs import Graph

PROMPTS = "a red circle\na blue square"


def training(name, steps, *, save_every=1, paths="server-paths", preview_every=0):
    """Prompt; ids of the nodes that show the report and say the saved file's name."""
    graph = Graph()
    shared = {"model": graph.model, "clip": graph.clip, "negative": "", "cfg": 2.0}
    shared |= {"width": 64, "height": 64}
    drawn = graph.add(
        "FewStepTeacherPaths", **shared, prompts=PROMPTS, count=4, steps=8, seed=3, name=paths
    )
    made = graph.add(
        "FewStepDistil",
        **shared,
        prompts="",
        start_lora="none",
        method="trajectory",
        target_steps=4,
        steps=steps,
        batch=2,
        learning_rate=1e-3,
        rank=4,
        seed=5,
        name=name,
        preview_every=preview_every,
        save_every=save_every,
        paths=drawn,
    )
    node = made[0]
    report = graph.show([node, 5])
    saved = graph.add(
        "FewStepSaveAccelerator",
        lora=[node, 1],
        recipe=[node, 3],
        filename_prefix=f"made/{name}",
        notes="",
    )
    return graph.prompt, report, saved[0]
