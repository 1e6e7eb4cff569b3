"""What rewards are made from: the files that are listed and read, and what is refused of them."""

import contextlib

import narrow_rewards
import pytest
import torch
from fewstep.host.folders import classifier_names
from fewstep.host.training.rewards.classifier import read_classifier
from fewstep.host.training.rewards.made import reward_of
from narrow_rewards import rewards
from safetensors.torch import save_file

pytestmark = pytest.mark.floor


@pytest.fixture(autouse=True)
def files(classifiers_folder):
    return classifiers_folder


def test_a_prompt_that_a_classifier_cannot_score_is_refused_in_a_sentence(files):
    narrow_rewards.classifier(files / "judge.safetensors")
    reward = read_classifier(files / "judge.safetensors", "judge.safetensors")
    with pytest.raises(ValueError, match="'a bird'.*words such as cat, dog, day"):
        reward.targets(["a cat", "a bird"])
    with pytest.raises(ValueError, match="asks for cat and dog.*one animal"):
        reward.targets(["a cat and a dog"])
    # A category is no cat.
    with pytest.raises(ValueError, match="'a category'"):
        reward.targets(["a category"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"layers": [{"kind": "attention"}]}, "layers of the kind attention; those that are known"),
        ({"layers": [{"kind": "linear", "weights": "gone"}]}, "do not go with its weights"),
        ({"heads": [{"name": "animal", "classes": [["cat"]]}]}, "do not go with its weights"),
        ({"size": "large"}, "cannot be read"),
        ({"std": [0.0, 0.0, 0.0]}, "infinite or none"),
        ({"resize": "smooth"}, "resize is 'smooth', and can be area, bilinear, bicubic"),
        ({"heads": [{"name": "animal", "classes": ["cat", "dog"]}]}, "'cat', and no list of words"),
        ({"heads": [{"name": "animal", "classes": [[1], ["dog"]]}]}, "no list of words"),
        ({"heads": [{"name": "animal", "classes": [[""], ["dog"]]}]}, "no list of words"),
        ({"heads": [{"name": "animal", "classes": [[], []]}]}, "no class has words"),
    ],
)
def test_a_classifier_that_cannot_be_built_is_refused(files, changes, said):
    narrow_rewards.classifier(files / "judge.safetensors", **changes)
    with pytest.raises(ValueError, match=said):
        read_classifier(files / "judge.safetensors", "judge.safetensors")


def test_a_file_that_does_not_say_how_it_is_built_is_refused(files):
    save_file({"a.weight": torch.ones(2, 2)}, files / "judge.safetensors")
    with pytest.raises(ValueError, match="judge.safetensors does not say how it is built"):
        reward_of("classifier", None, None, "judge.safetensors")


def test_each_kind_says_what_it_lacks(files):
    eyes, words = narrow_rewards.vision(files), narrow_rewards.text()
    cases = [
        (("classifier", None, None, "none"), "classifier needs a file"),
        (("aesthetic", eyes, None, "none"), "aesthetic needs a file"),
        (("aesthetic", None, None, "none"), "Connect Load CLIP Vision"),
        (("prompt", None, words, "none"), "Connect Load CLIP Vision"),
        (("prompt", eyes, None, "none"), "Connect Load CLIP with the text half"),
        (("classifier", None, None, "gone.safetensors"), "no file gone.safetensors"),
    ]
    for given, said in cases:
        with pytest.raises(ValueError, match=said):
            reward_of(*given)


@pytest.mark.parametrize("projection", ["identity", "nothing", "not finite"])
def test_a_clip_without_a_trained_projection_is_refused(files, projection):
    words = narrow_rewards.text()
    width = narrow_rewards.EMBEDDED
    values = {
        "identity": torch.eye(width),
        "nothing": torch.zeros(width, width),
        "not finite": torch.full((width, width), float("nan")),
    }[projection]
    tower = words.cond_stage_model.clip_l.transformer
    tower.text_projection.weight = torch.nn.Parameter(values, requires_grad=False)
    with pytest.raises(ValueError, match="no trained projection"):
        reward_of("prompt", narrow_rewards.vision(files), words, "none")


@pytest.mark.parametrize("has", [True, False])
def test_a_clip_whose_file_has_no_projection_is_refused(files, has):
    """What the memory held in its place may look like one."""
    words = narrow_rewards.text()
    width = narrow_rewards.EMBEDDED
    path = files / "clip.safetensors"
    name = "text_projection.weight" if has else "text_model.final_layer_norm.weight"
    save_file({name: torch.ones(width, width)}, path)
    words.patcher.cached_patcher_init = (None, ([str(path)], None))
    refused = pytest.raises(ValueError, match="no trained projection")
    with contextlib.nullcontext() if has else refused:
        reward_of("prompt", narrow_rewards.vision(files), words, "none")


def test_two_halves_of_different_clips_are_refused(files):
    eyes = narrow_rewards.vision(files, projection_dim=96)
    with pytest.raises(ValueError, match="embeddings of 96 numbers, and this CLIP has 64"):
        reward_of("prompt", eyes, narrow_rewards.text(), "none")
    narrow_rewards.head(files / "beauty.safetensors")
    with pytest.raises(ValueError, match="embeddings of 64 numbers.*gives 96"):
        reward_of("aesthetic", eyes, None, "beauty.safetensors")


def test_a_vision_model_that_is_no_clip_is_refused(files):
    eyes = narrow_rewards.vision(files)
    eyes.model_type = "dinov2"
    with pytest.raises(ValueError, match="is a dinov2"):
        reward_of("prompt", eyes, narrow_rewards.text(), "none")


def test_laion_s_forms_of_the_head_are_read_and_others_refused(files):
    eyes = narrow_rewards.vision(files)
    for names, sizes in (("", (64, 1)), ("layers.{}.", (64, 32, 16, 16, 16, 8, 1))):
        narrow_rewards.head(files / "beauty.safetensors", sizes, names=names)
        assert reward_of("aesthetic", eyes, None, "beauty.safetensors").name.startswith("aesthetic")
    for sizes in ((64, 2), (64, 32)):
        narrow_rewards.head(files / "beauty.safetensors", sizes)
        with pytest.raises(ValueError, match="not a predictor of linear layers"):
            reward_of("aesthetic", eyes, None, "beauty.safetensors")
    save_file({"conv.weight": torch.ones(1, 64, 3, 3)}, files / "beauty.safetensors")
    with pytest.raises(ValueError, match="not a predictor of linear layers"):
        reward_of("aesthetic", eyes, None, "beauty.safetensors")


def test_the_list_of_heads_has_the_safetensors_of_models_classifiers(files):
    (files / "more").mkdir()
    for name in ("a.safetensors", "more/b.sft", "c.pt", "d"):
        (files / name).write_bytes(b"")
    assert [name.replace("\\", "/") for name in classifier_names()] == [
        "a.safetensors",
        "more/b.sft",
    ]


def test_marks_are_those_of_the_weights(files):
    first, again = rewards(files), rewards(files)
    assert {kind: one.mark() for kind, one in first.items()} == {
        kind: one.mark() for kind, one in again.items()
    }
    assert len({one.mark() for one in first.values()}) == 3
    narrow_rewards.classifier(files / "judge.safetensors", seed=9)
    narrow_rewards.head(files / "beauty.safetensors", seed=9)
    eyes, words = narrow_rewards.vision(files, seed=9), narrow_rewards.text(seed=9)
    others = [
        reward_of("classifier", None, None, "judge.safetensors"),
        reward_of("aesthetic", narrow_rewards.vision(files), None, "beauty.safetensors"),
        reward_of("prompt", eyes, narrow_rewards.text(), "none"),
        reward_of("prompt", narrow_rewards.vision(files), words, "none"),
    ]
    marks = {one.mark() for one in (*first.values(), *others)}
    assert len(marks) == len(first) + len(others)
