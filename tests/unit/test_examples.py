"""What lies beside the example workflows."""

from fewstep.tools.examples.demo_workflows import (
    STAND_INS,
    demo_titles,
    demo_workflow,
    example,
    is_for_the_demo,
)
from fewstep.tools.examples.model_files import model_files


def test_an_example_for_another_family_names_the_files_it_needs():
    workflow = example("SDXL one-step UNet (Hyper-SD, DMD2)")
    assert not is_for_the_demo(workflow)
    assert model_files(workflow) == {
        ("diffusion_models", "Hyper-SDXL-1step-Unet.safetensors"),
        ("checkpoints", "sd_xl_base_1.0.safetensors"),
    }


def test_the_demo_model_has_stand_ins_for_most_examples_and_for_the_first():
    assert demo_titles()[0].startswith("1 Start here") and len(demo_titles()) >= 19


def test_an_example_for_the_demo_differs_in_files_pictures_words_and_sizes_alone():
    for title in demo_titles():
        saved, drawn = example(title), demo_workflow(title)
        assert saved["links"] == drawn["links"]
        names = {name for _, name in model_files(drawn)}
        assert names <= set(STAND_INS.values())
        for before, after in zip(saved["nodes"], drawn["nodes"], strict=True):
            assert before["inputs"] == after["inputs"] and before["pos"] == after["pos"]
