"""The demo's pictures and words: the same on every machine, and what they claim to be."""

import functools
import hashlib

import numpy as np
import pytest
import torch
from fewstep.demo.config import EASY, SEED, SIZE, WIDE, Level
from fewstep.demo.model.tokens import tokens
from fewstep.demo.scenes import data
from fewstep.demo.scenes.words import COLOURS, PALETTE, SHAPES, TEMPLATES, prompt

# Not one of the training's, which may change.
FREE = Level(place=0.5, smallest=0.2, largest=0.36, turn=180)


def _scenes(count: int = 64, level: Level = FREE) -> data.Scenes:
    return data.scenes(1000, count, level, seed=7, words=data.trained())


def _hash(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def test_scenes_are_the_same_everywhere():
    numbers = np.stack([row.double().numpy() for row in _scenes()])
    assert _hash(numbers) == "50bc5112b3a555d3"


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (data.pictures, "c8119cce32b9d619"),
        (functools.partial(data.pictures, outlined=True), "cd07e4f2bcd06d45"),
        (data.scribbles, "587463c7d8cfc77e"),
    ],
)
def test_pictures_are_the_same_everywhere(draw, expected):
    # In float64, so that a last bit that differs between machines does not reach the bytes.
    pictures = draw(_scenes(), 64, dtype=torch.float64)
    assert _hash((pictures * 255).round().to(torch.uint8).numpy()) == expected


def test_a_tenth_of_the_words_is_held_out_and_every_word_is_in_both():
    trained, held_out = data.trained(), data.held_out()
    assert (len(trained), len(held_out)) == (404, 44)
    assert not {*map(tuple, trained)} & {*map(tuple, held_out)}
    for words in (trained, held_out):
        assert [len(set(column)) for column in words.T] == [8, 8, 8]
        assert (words[:, 1] != words[:, 2]).all()


def test_scene_number_n_does_not_depend_on_the_batch():
    alone = data.scenes(1007, 1, FREE, seed=7, words=data.trained())
    for row, one in zip(_scenes(), alone, strict=True):
        assert row[7] == one[0]


def test_shapes_stay_inside_and_leave_something_to_decide():
    batch = _scenes(2000, WIDE)
    for middle in (batch.x, batch.y):
        reach = torch.maximum(middle, 1 - middle) + batch.radius
        assert reach.max() <= 1 - WIDE.margin + 1e-9
        assert middle.std() > 0.08
    easy = data.scenes(0, 2000, EASY, seed=SEED, words=data.trained())
    assert easy.x.std() < 0.04


def test_only_the_marked_pictures_are_outlined():
    batch = _scenes(4)
    marked = torch.tensor([True, False, False, True])
    mixed = data.pictures(batch, SIZE, outlined=marked)
    for style in (False, True):
        same = data.pictures(batch, SIZE, outlined=style)
        assert torch.equal(mixed[marked == style], same[marked == style])


def test_colours_are_where_the_prompt_says():
    batch = _scenes(256)
    pictures = data.pictures(batch, SIZE)
    palette = torch.tensor(PALETTE)
    assert torch.allclose(pictures[:, :, 0, 0], palette[batch.background], atol=1e-6)
    circles = (batch.shape == SHAPES.index("circle")).nonzero().flatten()
    for row in circles.tolist():
        x, y = int(batch.x[row] * SIZE), int(batch.y[row] * SIZE)
        assert torch.allclose(pictures[row, :, y, x], palette[batch.colour[row]], atol=1e-6)


def test_every_prompt_is_known_and_fits():
    for template in range(len(TEMPLATES)):
        for shape in range(len(SHAPES) + 1):
            numbers = tokens(prompt(shape, shape % len(COLOURS), 3, template))
            assert numbers.shape == (77,)
            assert numbers[0] == 49406


def test_an_unknown_word_is_named():
    with pytest.raises(ValueError, match="hexagon"):
        tokens("a red hexagon on a blue background")
