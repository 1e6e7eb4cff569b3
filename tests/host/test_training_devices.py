"""Training on devices that weights are moved to, as a CPU can show it."""

import folder_paths
import pytest
import torch
from fewstep.host.training.asked import Given
from training_runs import loaded, paths, run


def moved(base):
    """A model whose weights the host made for inference and then moved to its device.

    Their values are ordinary from then on, and yet autograd may not keep them.
    """
    made = loaded(base)
    with torch.inference_mode(False):
        for weight in made.model.parameters():
            weight.data = weight.data.clone()
    return made


@pytest.mark.parametrize("base", ["SD 1.5", "FLUX.1"])
def test_a_model_that_was_moved_to_its_device_can_be_trained_through(base, tmp_path, monkeypatch):
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path))
    model = moved(base)
    with torch.inference_mode(False):
        weight = next(model.model.parameters())
        assert not weight.is_inference()
        with pytest.raises(RuntimeError, match="version counter"):
            _ = weight._version
    made = run(moved(base), base, Given(paths=paths(model, base)), steps=2)
    assert len(made.losses) == 2
