"""What lies beside the example workflows."""

from fewstep.tools.examples.demo_workflows import example
from fewstep.tools.examples.model_files import is_for_the_demo, model_files


def test_an_example_for_another_family_names_the_files_it_needs():
    workflow = example("DMD2 in 4 steps")
    assert not is_for_the_demo(workflow)
    assert model_files(workflow) == {
        ("diffusion_models", "dmd2_sdxl_4step_unet_fp16.safetensors"),
        ("checkpoints", "sd_xl_base_1.0.safetensors"),
    }
