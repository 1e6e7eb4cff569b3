"""A model ready to be trained through, and as it was when that is over."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import comfy.model_management as host
import torch

from ..folders import new_digest

# Values of each weight.
_SAMPLES = 256


@contextmanager
def trainable(model: Any) -> Iterator[Any]:
    """A patcher of `model` on its device, whole, with weights that autograd may keep.

    The weights are the model's own, unless the host streams them: those that it made for inference
    are replaced one by one by ordinary ones of the same values, so that there is never a second
    set. Whatever ends it, the host's flags and the weights' are as they were.
    """
    with torch.inference_mode(False), torch.enable_grad():
        patcher = _whole(model)
        load([patcher])
        network = patcher.model
        before, current = host.in_training, getattr(network, "current_patcher", None)
        with _frozen(network):
            try:
                # As well for what is computed again when gradients need it.
                host.in_training = True
                patcher.pre_run()
                yield patcher
            finally:
                host.in_training = before
                patcher.cleanup()
                network.current_patcher = current


@contextmanager
def lent(patcher: Any) -> Iterator[Any]:
    """A patcher of another network, whole, that gradients may pass through once it is loaded."""
    with torch.inference_mode(False):
        if patcher.is_dynamic() and not getattr(patcher, "cached_patcher_init", None):
            raise ValueError(
                "The host streams the weights of this reward's model, and gradients need them "
                "whole. Start ComfyUI with --disable-dynamic-vram."
            )
        whole = _whole(patcher)
        with _frozen(whole.model):
            yield whole


def load(patchers: Sequence[Any]) -> None:
    """Puts whole models on their devices, what else is there away; autograd may keep their weights.

    All that moves does so as in the host's own runs: a weight that was made for inference and is
    moved outside of it is of no use to either.
    """
    with torch.inference_mode():
        host.load_models_gpu([*patchers], memory_required=1e20, force_full_load=True)
    for patcher in patchers:
        _make_ordinary(patcher.model)


@contextmanager
def _frozen(network: torch.nn.Module) -> Iterator[None]:
    """No weight wants a gradient itself. Those made for inference cannot, and stay as they are."""
    asked = [w for w in network.parameters() if w.requires_grad and not _is_untracked(w)]
    try:
        for weight in asked:
            weight.requires_grad_(False)
        yield
    finally:
        for weight in asked:
            weight.requires_grad_(True)


def _whole(model: Any) -> Any:
    """Weights that the host streams in for each call cannot be kept for gradients.

    Such a model is read from its file a second time, and that reading is gone with the training.
    The weights of the first are then the file's own pages, which cost no memory: what the host has
    copied of them to the device, and pinned, it lets go for a model that is not streamed.

    Raises ValueError for one whose file the host does not know.
    """
    if not model.is_dynamic():
        return model
    if model.cached_patcher_init is None:
        raise ValueError(
            "ComfyUI streams this model's weights, and the node that loaded it does not say how to "
            "read it whole. Load it with Load Checkpoint or Load Diffusion Model, or start ComfyUI "
            "with --disable-dynamic-vram."
        )
    return model.clone(disable_dynamic=True)


def _make_ordinary(network: torch.nn.Module) -> None:
    for module in network.modules():
        for name, weight in module._parameters.items():
            if weight is not None and _is_untracked(weight):
                ordinary = torch.nn.Parameter(weight.detach().clone(), requires_grad=False)
                module._parameters[name] = ordinary
        for name, buffer in module._buffers.items():
            if buffer is not None and _is_untracked(buffer):
                module._buffers[name] = buffer.clone()
        for name, value in [*vars(module).items()]:
            if isinstance(value, torch.Tensor) and _is_untracked(value):
                setattr(module, name, value.clone())


def _is_untracked(tensor: torch.Tensor) -> bool:
    """Whether autograd cannot keep it: made for inference, also where it has moved since.

    A weight that the host moves to another device gets ordinary values and calls itself ordinary,
    but it still counts no versions.
    """
    try:
        return tensor.is_inference() or tensor._version < 0
    except RuntimeError:
        return True


@torch.no_grad()
def fingerprint(network: torch.nn.Module) -> str:
    """A hash of the weights as they are now, with what other nodes have merged into them.

    Of some values of each: a whole SDXL in a second.
    """
    digest = new_digest()
    for name, weight in network.named_parameters():
        digest.update(f"{name} {tuple(weight.shape)} ".encode())
        flat = weight.detach().flatten()
        some = flat[:: max(1, len(flat) // _SAMPLES)] if flat.numel() else flat
        digest.update(some.float().cpu().numpy().tobytes())
    return digest.hexdigest()
