"""What the template browser shows beside each example: none is missing, no two are alike."""

from itertools import combinations

import numpy as np
import pytest
from fewstep.tools.examples import cards
from fewstep.tools.examples.cards import draw_card_of, steps_of
from fewstep.tools.examples.demo_workflows import demo_titles, titles
from fewstep.tools.paths import EXAMPLES
from fewstep.tools.user_error import UserError
from PIL import Image

JPGS = sorted(EXAMPLES.glob("*.jpg"))
CARDS = [title for title in titles() if title not in demo_titles()]
# Of the pairs that were there when they all showed a red star on blue, the least alike had 0.054;
# of today's pairs the most alike has 0.095.
ALIKE = 0.06


def _look(path):
    """Which way it gets brighter, 16 x 16 places in two directions, and 8 x 8 mean colours."""
    with Image.open(path) as picture:
        bright = np.asarray(picture.convert("L").resize((17, 17), Image.Resampling.BOX), int)
        colours = np.asarray(picture.convert("RGB").resize((8, 8), Image.Resampling.BOX)) / 255
    rises = np.stack([np.diff(bright, axis=1)[:-1], np.diff(bright, axis=0)[:, :-1]])
    # Shades that a JPG cannot keep apart are level.
    return np.sign(rises) * (abs(rises) > 4), colours


def _distance(first, second):
    """The share of places that differ, and the mean difference of colours, 0..1 each."""
    (way, colour), (other_way, other_colour) = first, second
    return float((way != other_way).mean() + abs(colour - other_colour).mean())


def test_every_example_has_its_picture_and_every_picture_its_example():
    assert [file.stem for file in JPGS] == titles()


@pytest.mark.parametrize("file", JPGS, ids=lambda file: file.stem)
def test_a_picture_is_small_and_square(file):
    assert file.stat().st_size <= 60_000
    with Image.open(file) as picture:
        assert picture.format == "JPEG" and picture.size == (512, 512)


def test_no_two_pictures_are_alike():
    looks = {file.stem: _look(file) for file in JPGS}
    alike = {
        f"{a} | {b}": round(distance, 3)
        for a, b in combinations(looks, 2)
        if (distance := _distance(looks[a], looks[b])) < ALIKE
    }
    assert not alike


def test_a_copy_would_be_seen(tmp_path):
    with Image.open(JPGS[0]) as picture:
        picture.save(tmp_path / "again.jpg", quality=60)
        picture.resize((384, 384)).save(tmp_path / "smaller.jpg")
    for name in ("again", "smaller"):
        assert _distance(_look(JPGS[0]), _look(tmp_path / f"{name}.jpg")) < ALIKE / 3


@pytest.mark.parametrize("title", CARDS)
def test_a_card_is_what_its_recipe_draws_today(title):
    drawn = np.asarray(draw_card_of(title), int)
    with Image.open(EXAMPLES / f"{title}.jpg") as saved:
        error = abs(np.asarray(saved, int) - drawn)
    # Of 255, in the worst square of 16 pixels: JPG has 9.7 at most, an l for an i 21.
    assert error.reshape(32, 16, 32, 16, 3).mean((1, 3, 4)).max() < 15


def test_a_model_of_no_known_accelerator_gets_no_card(monkeypatch):
    monkeypatch.setattr(cards, "example", lambda title: {"nodes": []})
    with pytest.raises(UserError, match="of no recipe"):
        draw_card_of("Something new")


@pytest.mark.parametrize(
    ("nodes", "steps"),
    [
        ([("FewStepKSampler", [42, "fixed", 2]), ("FewStepKSampler", [42, "fixed", 3])], "2 + 3"),
        ([("FewStepRecipe", ["hyper-sd/sd15-8step", 0]), ("FewStepKSampler", [42, "", 0])], "8"),
        ([("FewStepScheduler", [4]), ("SaveImage", ["a"])], "4"),
        ([("FewStepScheduler", [4]), ("FewStepKSampler", [42, "fixed", 0])], "4"),
        ([("FewStepScheduler", [4]), ("FewStepKSampler", [42, "fixed", 4])], "4"),
        ([("FewStepKSampler", [42, "fixed", 0])], ""),
    ],
)
def test_the_steps_on_a_picture_are_those_of_the_example(monkeypatch, nodes, steps):
    """Those that are set, or the recipe's; none where neither says."""
    listed = [{"type": kind, "widgets_values": values} for kind, values in nodes]
    monkeypatch.setattr(cards, "example", lambda title: {"nodes": listed})
    assert steps_of("Something new") == steps


def test_the_picture_of_a_workflow_in_the_readme_is_small(root):
    path = root / "docs" / "images" / "workflow.jpg"
    assert path.stat().st_size <= 200_000
    with Image.open(path) as picture:
        assert picture.format == "JPEG" and picture.width == 1600
