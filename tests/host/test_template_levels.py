"""The table of what official templates sample, made by the host's own classes, as the bench prints
it."""

import sys
from pathlib import Path

import pytest

# Models that ComfyUI knows from 0.30 on.
pytest.importorskip("comfy_extras.nodes_minimax_h3", reason="ComfyUI 0.30 brings them")
sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
import template_levels  # noqa: E402

ROWS = {row.model: row for row in template_levels.rows()}
# The last levels of the template, and the largest difference to what the maker trained.
WRONG = {
    "FLUX.2 dev Turbo, 1024x1024": ([0.76301, 0.57981], 0.5768),
    "Boogu Turbo": ([0.76077, 0.51613], 0.2664),
    "Wan 2.2 Lightning, fun_* templates": ([0.88889, 0.72727], 0.1023),
    "Qwen-Image 2.1 Lightning, 2048x2048": ([0.66597, 0.39925], 0.1541),
    "MiniMax H3, 4 steps 768p": ([0.92308, 0.8], 0.1333),
    "Ernie-Image Turbo": ([0.5, 0.3], 0.0714),
}
RIGHT = [
    "Wan 2.2 Lightning, t2v and i2v templates",
    "FLUX.2 klein, 1024x1024",
    "LTX-2.3 distilled",
]


def test_every_row_is_told_right_or_wrong():
    assert ROWS.keys() == {*WRONG, *RIGHT}


@pytest.mark.parametrize("model", ROWS)
def test_we_sample_what_the_maker_trained(model):
    """The maker's numbers have five digits here."""
    assert ROWS[model].ours == pytest.approx(ROWS[model].trained, abs=1e-5)


@pytest.mark.parametrize("model", WRONG)
def test_a_template_samples_other_levels_than_were_trained(model):
    last, error = WRONG[model]
    assert ROWS[model].sampled[-2:] == pytest.approx(last, abs=2e-4)
    assert ROWS[model].error == pytest.approx(error, abs=2e-4)


@pytest.mark.parametrize("model", RIGHT)
def test_a_template_that_is_right_is_told_as_right(model):
    assert ROWS[model].error < 1e-5


def test_the_table_has_a_row_a_model_with_its_error():
    lines = template_levels.table().split("\n")
    assert len(lines) == 2 + len(ROWS)
    assert lines[2].endswith("| 0.577 |") and ".763 .58 |" in lines[2] and ".335 .003 |" in lines[2]
