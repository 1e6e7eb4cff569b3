"""The host's folders: LoRAs and models, and what people keep in their user directory."""

from pathlib import Path
from typing import Any

import folder_paths
import node_helpers

from ..recipes import Catalog, HashCache, all_recipes

MODEL_FOLDERS = ("checkpoints", "diffusion_models")
_CLASSIFIERS = "classifiers"


def lora_names() -> list[str]:
    """Paths under the LoRA folders, safetensors first."""
    names = folder_paths.get_filename_list("loras")
    return sorted(names, key=lambda name: not name.lower().endswith((".safetensors", ".sft")))


def lora_path(name: str) -> Path:
    """Raises ValueError where the file is gone."""
    return _path("loras", name)


def model_names() -> list[str]:
    """Paths under the folders of whole models: checkpoints, then diffusion models."""
    names = [name for folder in MODEL_FOLDERS for name in folder_paths.get_filename_list(folder)]
    return list(dict.fromkeys(names))


def model_path(name: str) -> Path:
    """Raises ValueError where the file is gone, or two different files have this name."""
    paths = [folder_paths.get_full_path(folder, name) for folder in MODEL_FOLDERS]
    found = [Path(path) for path in paths if path]
    if not found:
        raise ValueError(
            f"There is no file {name} in models/checkpoints or models/diffusion_models. Put it "
            "there, or choose another one."
        )
    if len(found) > 1 and not found[0].samefile(found[1]):
        raise ValueError(
            f"models/checkpoints and models/diffusion_models both have a file {name}, and they "
            "are not the same. Rename one of them."
        )
    return found[0]


def checkpoint_names() -> list[str]:
    return folder_paths.get_filename_list("checkpoints")


def checkpoint_path(name: str) -> Path:
    """Raises ValueError where the file is gone."""
    return _path("checkpoints", name)


def classifier_names() -> list[str]:
    """Paths of safetensors under the host's folder models/classifiers.

    The host's own list of it has files without an ending alone.
    """
    found = [
        name
        for folder in folder_paths.get_folder_paths(_CLASSIFIERS)
        for name in folder_paths.recursive_search(folder, excluded_dir_names=[".git"])[0]
        if name.lower().endswith((".safetensors", ".sft"))
    ]
    return sorted(set(found))


def classifier_path(name: str) -> Path:
    """Raises ValueError where the file is gone."""
    return _path(_CLASSIFIERS, name)


def _path(folder: str, name: str) -> Path:
    path = folder_paths.get_full_path(folder, name)
    if path is None:
        raise ValueError(
            f"There is no file {name} in models/{folder}. Put it there, or choose another one."
        )
    return Path(path)


def embedding_folders() -> list[str]:
    return folder_paths.get_folder_paths("embeddings")


def user_folder() -> Path:
    return Path(folder_paths.get_user_directory()) / "fewstep"


def catalog() -> Catalog:
    """The pack's recipes and those in `fewstep/recipes` of the user directory, read anew."""
    return all_recipes(user_folder() / "recipes")


def sha256_of(path: Path) -> str | None:
    """The sha256 of a file, or None where the host was started with another hash."""
    return _hashes().of(path) if can_hash() else None


def known_sha256(path: Path) -> str | None:
    """The sha256 of a file where it was computed before, and the file is the same since."""
    return _hashes().known(path) if can_hash() else None


def new_digest() -> Any:
    """A hash object of the kind that the host was started with: sha256, if nobody chose another."""
    return node_helpers.hasher()()


def can_hash() -> bool:
    """Whether the host was started with sha256, its default: people can choose another hash."""
    return node_helpers.hasher()().name == "sha256"


def _hashes() -> HashCache:
    return HashCache(user_folder() / "hashes.json", node_helpers.hasher())
