"""Whether the numbers of a LoRA file can be used at all, before anything is made of them."""

from collections.abc import Mapping

import torch

from ...recipes import down_of, up_of


def check_sound(tensors: Mapping[str, torch.Tensor], file: str) -> None:
    """Raises ValueError naming the file and the layer whose matrices cannot be used."""
    ups = {module: tensor for name, tensor in tensors.items() if (module := up_of(name))}
    for name, tensor in tensors.items():
        if name.endswith(".alpha") and tensor.numel() != 1:
            raise ValueError(
                _damaged(file, name, f"its alpha is {tensor.numel()} numbers, not one")
            )
        if not _is_finite(tensor):
            raise ValueError(
                _damaged(file, name, "it holds numbers that are infinite or none (NaN)")
            )
        module = down_of(name)
        if module and module in ups:
            _check_pair(ups[module], tensor, file, module)


def _check_pair(up: torch.Tensor, down: torch.Tensor, file: str, module: str) -> None:
    if up.ndim < 2 or down.ndim < 2 or any(size != 1 for size in up.shape[2:]):
        raise ValueError(
            _damaged(file, module, f"its matrices are {_shape(up)} and {_shape(down)}")
        )
    if up.shape[1] != down.shape[0] or 0 in (*up.shape, *down.shape):
        told = f"its matrices have the ranks {up.shape[1]} and {down.shape[0]}"
        raise ValueError(_damaged(file, module, told))


def _is_finite(tensor: torch.Tensor) -> bool:
    if not tensor.numel() or not tensor.is_floating_point():
        return True
    # One pass without a copy; float8 has no minimum.
    wide = tensor if tensor.element_size() > 1 else tensor.float()
    return bool(torch.isfinite(torch.stack(wide.aminmax())).all())


def _shape(tensor: torch.Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "a single number"


def _damaged(file: str, layer: str, what: str) -> str:
    return f"{file} cannot be used: {what} (layer {layer}). It is damaged: get it again."
