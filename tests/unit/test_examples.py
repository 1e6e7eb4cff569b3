"""What lies beside the example workflows."""

import pytest
from fewstep.tools.examples.demo_workflows import demo_titles, example
from fewstep.tools.examples.model_files import is_for_the_demo, model_files
from fewstep.tools.paths import EXAMPLES
from PIL import Image

JPGS = sorted(EXAMPLES.glob("*.jpg"))


def test_every_example_that_the_demo_model_can_run_has_its_picture_and_no_other_has():
    assert [file.stem for file in JPGS] == demo_titles()


@pytest.mark.parametrize("file", JPGS, ids=lambda file: file.stem)
def test_a_picture_is_small(file):
    assert file.stat().st_size <= 40 * 1024
    with Image.open(file) as picture:
        assert picture.format == "JPEG" and picture.width == 384


def test_an_example_for_another_family_names_the_files_it_needs():
    workflow = example("DMD2 in 4 steps")
    assert not is_for_the_demo(workflow)
    assert model_files(workflow) == {
        ("diffusion_models", "dmd2_sdxl_4step_unet_fp16.safetensors"),
        ("checkpoints", "sd_xl_base_1.0.safetensors"),
    }
