"""Files of whole models: reading what is in them, loading them through the host, refusing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import comfy.sd
import comfy.utils
import safetensors
import torch

from ..recipes import Header, has_clip, has_vae, read_header
from .lora import header_of
from .missing_parts import first_missing

WEIGHT_DTYPES = ("default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2")
_INSIDE = "model.diffusion_model."


class Loaded(NamedTuple):
    """What a file held; None is what it does not have."""

    model: Any
    clip: Any
    vae: Any


class Guidance(NamedTuple):
    """The two weights by which a full LCM model is told the guidance: see guidance.py."""

    cond_proj: torch.Tensor
    linear: torch.Tensor


def read_model_header(path: Path, name: str) -> Header:
    """The header of a model's file, or what stands for it in files that have none.

    Raises ValueError naming the file and saying what is wrong with it.
    """
    if _is_safetensors(path):
        try:
            return read_header(path)
        except ValueError as error:
            raise ValueError(f"{name} cannot be loaded. {error}") from error
    tensors = _read_data(path, name)
    return header_of(tensors, path.stat().st_size)


def read_guidance(path: Path, name: str, header: Header) -> Guidance | None:
    """The weights of the guidance embedding, or None where the file has none.

    The host leaves them out. Raises ValueError where one of the two is missing.
    """
    cond_proj = next((key for key in header.tensors if key.endswith("cond_proj.weight")), None)
    if cond_proj is None:
        return None
    firsts = ("time_embedding.linear_1.weight", "time_embed.0.weight")
    linear = next((key for key in header.tensors if key.endswith(firsts)), None)
    if linear is None:
        raise ValueError(f"{name} is not complete: {firsts[0]} is missing. Get the file again.")
    if not _is_safetensors(path):
        tensors = _read_data(path, name)
        return Guidance(tensors[cond_proj], tensors[linear])
    with safetensors.safe_open(path, "pt") as file:
        return Guidance(file.get_tensor(cond_proj), file.get_tensor(linear))


def _is_safetensors(path: Path) -> bool:
    return path.suffix.lower() in (".safetensors", ".sft")


def _read_data(path: Path, name: str) -> dict[str, torch.Tensor]:
    """The tensors of a file that is no safetensors, read as data alone."""
    try:
        tensors = comfy.utils.load_torch_file(str(path), safe_load=True)
    except Exception as error:
        raise ValueError(
            f"{name} cannot be read as data alone: it is cut off, or it runs code when it is read, "
            "which is refused. Get it again, as .safetensors if there is one."
        ) from error
    return {key: value for key, value in tensors.items() if isinstance(value, torch.Tensor)}


def load(path: Path, name: str, header: Header, dtype: str, embeddings: list[str]) -> Loaded:
    """The model, with the CLIP and the VAE its file has.

    Raises ValueError naming the file and the first part it lacks; nothing stays loaded then.
    """
    options = _options(dtype)
    if any(key.startswith(_INSIDE) for key in header.tensors):
        loaded = _checkpoint(path, name, header, embeddings, options)
    else:
        model = _asked(name, comfy.sd.load_diffusion_model, str(path), model_options=options)
        loaded = Loaded(model, None, None)
    if missing := first_missing(loaded.model, header):
        raise ValueError(f"{name} is not complete: {missing} is missing. Get the file again.")
    return loaded


def load_companions(path: Path, name: str, header: Header, embeddings: list[str]) -> Loaded:
    """CLIP and VAE of a checkpoint, without its model."""
    return _checkpoint(path, name, header, embeddings, {}, output_model=False)


def _checkpoint(
    path: Path, name: str, header: Header, embeddings: list[str], options: dict, **wanted: bool
) -> Loaded:
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
    return Loaded(*loaded[:3])


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
            f"ComfyUI cannot load {name} as a model, which may lack parts: {_in_a_line(error)}"
        ) from error


def _in_a_line(error: Exception) -> str:
    """The error's kind and beginning; torch names the weight in its second line."""
    lines = [line.strip() for line in str(error).splitlines()[:2]]
    return f"{type(error).__name__}: {' '.join(lines)[:300]}"
