"""Pictures and captions of a folder come as lists: one run takes them all."""

import folder_paths
import narrow
import pytest
import torch
from fewstep.host.training import previews
from fewstep.host.training.listed import latents_in, only, prompts_in
from fewstep.nodes.distil import FewStepDistil
from safetensors.torch import save_file
from training_runs import Clip, asked, loaded

pytestmark = pytest.mark.floor
BASE = "SD 1.5"


@pytest.fixture
def start(tmp_path, monkeypatch):
    known = folder_paths.folder_names_and_paths
    monkeypatch.setitem(known, "loras", ([str(tmp_path)], {".safetensors"}))
    monkeypatch.setattr(folder_paths, "filename_list_cache", {})
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path / "user"))
    monkeypatch.setattr(previews, "_TEACHER_STEPS", 1)
    tensors = {key: value.contiguous() for key, value in narrow.lora(BASE, "kohya").items()}
    save_file(tensors, tmp_path / "start.safetensors")
    return "start.safetensors"


def pictures(count):
    return torch.randn(count, 4, 8, 8, generator=torch.Generator().manual_seed(3))


def executed(clip, prompts, latents, **changes):
    """The node's results, called as the host calls nodes that take lists."""
    given = asked(method="fine-tuning", steps=2, **changes)._asdict()
    given |= {"prompts": prompts, "latents": latents}
    lists = {
        name: value if name in ("prompts", "latents") else [value] for name, value in given.items()
    }
    with torch.inference_mode():
        return FewStepDistil.execute(model=[loaded(BASE)], clip=[clip], **lists).result


def test_a_list_of_pictures_and_captions_is_one_run_of_their_batch(start):
    whole = pictures(3)
    texts = ["a cat", "a dog,\nasleep", "a cat"]
    one, other = Clip(BASE), Clip(BASE)
    first = executed(
        one, texts, [{"samples": row[None]} for row in whole], start_lora=start, name="lists"
    )
    lines = "a cat\na dog, asleep\na cat"
    second = executed(other, [lines], [{"samples": whole}], start_lora=start, name="batch")
    assert one.encoded == other.encoded == ["a cat", "a dog, asleep", ""]
    assert first[2]["loss"] == second[2]["loss"]
    assert all(torch.equal(first[1][name], second[1][name]) for name in first[1])


def test_a_caption_that_is_empty_is_named_by_its_number():
    with pytest.raises(ValueError, match=r"Caption 2 of 3 is empty. Write a text file"):
        prompts_in(["a cat", " \n", "a dog"])


def test_a_text_of_lines_stays_as_it_is():
    assert prompts_in(["a cat\na dog"]) == "a cat\na dog"


def test_pictures_of_different_sizes_are_refused():
    sizes = [{"samples": torch.zeros(1, 4, *size)} for size in ((8, 8), (8, 6))]
    with pytest.raises(ValueError, match=r"4 x 8 x 8 and 4 x 8 x 6. Scale them"):
        latents_in(sizes)


def test_pictures_with_a_mask_are_refused():
    masked = {"samples": torch.zeros(1, 4, 8, 8), "noise_mask": torch.ones(1, 64, 64)}
    for batches in ([masked], [{"samples": torch.zeros(1, 4, 8, 8)}, masked]):
        with pytest.raises(ValueError, match="have a mask, and a LoRA learns from whole pictures"):
            latents_in(batches)


def test_nothing_connected_is_nothing():
    assert latents_in(()) is None and latents_in([None]) is None


def test_a_list_where_one_value_belongs_is_refused():
    assert only("seed", [4]) == 4
    with pytest.raises(ValueError, match="seed is a list of 2"):
        only("seed", [4, 5])
