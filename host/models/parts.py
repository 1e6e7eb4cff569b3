"""The parts of a model's file as the host loads them: model, CLIP, VAE."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import comfy.sd
import torch

from ...recipes import Header, has_clip, has_vae
from .missing_weights import first_missing_weight

WEIGHT_DTYPES = ("default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2")
_INSIDE = "model.diffusion_model."


class Parts(NamedTuple):
    """What a file held; None is what it does not have."""

    model: Any
    clip: Any
    vae: Any


def load_parts(path: Path, name: str, header: Header, dtype: str, embeddings: list[str]) -> Parts:
    """The model, with the CLIP and the VAE its file has.

    Raises ValueError naming the file and the first part it lacks; nothing stays loaded then.
    """
    options = _options(dtype)
    if any(key.startswith(_INSIDE) for key in header.tensors):
        loaded = _checkpoint(path, name, header, embeddings, options)
    else:
        model = _asked(name, comfy.sd.load_diffusion_model, str(path), model_options=options)
        loaded = Parts(model, None, None)
    if missing := first_missing_weight(loaded.model, header):
        raise ValueError(f"{name} is incomplete: {missing} is missing. Download it again.")
    return loaded


def load_companions(path: Path, name: str, header: Header, embeddings: list[str]) -> Parts:
    """CLIP and VAE of a checkpoint, without its model."""
    return _checkpoint(path, name, header, embeddings, {}, output_model=False)


def _checkpoint(
    path: Path, name: str, header: Header, embeddings: list[str], options: dict, **wanted: bool
) -> Parts:
    loaded = _asked(
        name,
        comfy.sd.load_checkpoint_guess_config,
        str(path),
        output_vae=has_vae(header),
        output_clip=has_clip(header),
        embedding_directory=embeddings,
        model_options=options,
        **wanted,
    )
    return Parts(*loaded[:3])


def _options(dtype: str) -> dict[str, Any]:
    if dtype == "default":
        return {}
    kind = torch.float8_e5m2 if dtype == "fp8_e5m2" else torch.float8_e4m3fn
    return {"dtype": kind, **({"fp8_optimizations": True} if dtype.endswith("_fast") else {})}


def _asked(name: str, load: Callable, *args: Any, **options: Any) -> Any:
    """What the host makes of the file; its errors are about names and shapes, not about files."""
    try:
        return load(*args, **options)
    except (MemoryError, torch.cuda.OutOfMemoryError):
        raise
    except Exception as error:
        raise ValueError(
            f"ComfyUI cannot load {name} as a model; parts may be missing: {_in_a_line(error)}"
        ) from error


def _in_a_line(error: Exception) -> str:
    """The error's kind and beginning; torch names the weight in its second line."""
    lines = [line.strip() for line in str(error).splitlines()[:2]]
    return f"{type(error).__name__}: {' '.join(lines)[:300]}"
