"""Training a model whose weights the host streams in for each call, as a CPU can show it."""

import gc
import weakref

import comfy.model_patcher
import folder_paths
import pytest
import torch
from fewstep.host.training import previews
from fewstep.host.training.asked import Given
from training_runs import loaded, paths, run

pytestmark = pytest.mark.floor
BASE = "SD 1.5"


class Streamed(comfy.model_patcher.ModelPatcher):
    """As the host's own for devices: on a CPU it makes ordinary ones in its place."""

    def is_dynamic(self):
        return True


def streamed():
    """A model, and the networks that were read of its file while it was not streamed."""
    made = loaded(BASE)
    model = Streamed(made.model, made.load_device, made.offload_device)
    readings = []

    def read(disable_dynamic):
        assert disable_dynamic
        again = loaded(BASE)
        readings.append(weakref.ref(again.model))
        return again

    model.cached_patcher_init = (read, ())
    return model, readings


@pytest.fixture(autouse=True)
def user(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path))
    monkeypatch.setattr(previews, "_TEACHER_STEPS", 1)


def size(tensors):
    """Bytes of different tensors."""
    storages = {one.untyped_storage().data_ptr(): one.untyped_storage() for one in tensors}
    return sum(storage.nbytes() for storage in storages.values())


def networks_of(model):
    """Bytes of all the weights that there are of such a network."""
    shapes = {tuple(one.shape) for one in model.model.parameters() if one.numel() > 4096}
    gc.collect()
    found = (one for one in gc.get_objects() if isinstance(one, torch.nn.Parameter))
    return size([one for one in found if tuple(one.shape) in shapes])


def test_it_is_read_once_more_and_that_reading_is_gone_with_the_training():
    """It learns what an ordinary model does, and leaves no second set of weights."""
    plain = loaded(BASE)
    expected = run(plain, BASE, Given(paths=paths(plain, BASE, name="plain")), name="plain")
    del plain
    model, readings = streamed()
    before, weights = networks_of(model), [*model.model.parameters()]
    made = run(model, BASE, Given(paths=paths(model, BASE)))
    assert len(readings) == 2, "one for the paths, one for the run"
    assert all(torch.equal(made.lora[key], expected.lora[key]) for key in expected.lora)
    del expected
    assert networks_of(model) <= before and not any(one() for one in readings)
    # The streamed weights are not touched: they are the file's own.
    now = model.model.parameters()
    assert all(one is other for one, other in zip(weights, now, strict=True))


def test_one_whose_file_is_not_known_is_refused_before_any_training():
    model, _ = streamed()
    model.cached_patcher_init = None
    with pytest.raises(ValueError, match="--disable-dynamic-vram"):
        paths(model, BASE)
