"""What judges the demo's pictures, and the files that are shipped."""

import pytest
import torch
from fewstep.demo.config import SEED, WIDE
from fewstep.demo.files.parts import SHIPPED, shipped
from fewstep.demo.scenes import data
from fewstep.demo.show.judge import Judge, frechet
from fewstep.demo.show.rows import ROWS

# Few, since a picture takes the autoencoder long; each claim stands far from its limit.
SCENES = 16


@pytest.fixture(scope="module")
def judge():
    return Judge()


@pytest.fixture(scope="module")
def words():
    return data.scenes(0, SCENES, WIDE, seed=SEED + 40, words=data.combinations()).words


def test_real_pictures_are_judged_right(judge, words):
    score = judge.score(judge.real(words, 0), words)
    assert score.all >= 0.98
    assert score.outlined <= 0.02


def test_pictures_of_other_words_are_judged_wrong(judge, words):
    assert judge.score(judge.real(words, 0), words.roll(1, 0)).all <= 0.05


def test_the_autoencoder_gives_pictures_back_with_clean_edges(judge):
    scenes = data.scenes(0, SCENES, WIDE, seed=SEED + 41, words=data.combinations())
    drawn = data.pictures(scenes, 64)
    again = judge._autoencoder.decode(judge._autoencoder.encode(drawn)).clamp(0, 1)
    # Peak signal to noise ratio; 38 as trained.
    assert -10 * torch.log10((again - drawn).square().mean()) > 34


def test_frechet_distance_of_known_normal_distributions():
    generator = torch.Generator().manual_seed(0)
    first = torch.randn(100_000, 3, generator=generator, dtype=torch.float64)
    second = 2 * torch.randn(100_000, 3, generator=generator, dtype=torch.float64) + 1
    assert frechet(first, first) == pytest.approx(0, abs=1e-6)
    # |1 1 1|^2 + trace(1 + 4 - 2 * 2) in three dimensions; 100 000 samples tell it to 1 %.
    assert frechet(first, second) == pytest.approx(6, rel=0.02)


def test_pictures_with_other_words_are_farther_than_real_ones(judge, words):
    reference = judge.reference(words)
    real = frechet(judge.features(judge.real(words, 99)), reference)
    one_word = words.clone()
    one_word[:, 0] = 0
    assert frechet(judge.features(judge.real(one_word, 99)), reference) > 2 * real


def test_what_is_shipped_fits_into_40_mb_and_is_complete():
    sizes = [path.stat().st_size for path in SHIPPED.glob("*.safetensors")]
    assert sum(sizes) < 40e6
    assert {"model", "lcm", "tcd", "style", "controlnet", "classifier"} == shipped().keys()


def test_every_row_of_the_table_has_a_name_of_its_own():
    names = [(row.name, row.steps) for row in ROWS]
    assert len(set(names)) == len(names)
