"""The host's folders: LoRA files, and what people keep in their user directory."""

from pathlib import Path

import folder_paths
import node_helpers

from ..recipes import Catalog, HashCache, all_recipes


def lora_names() -> list[str]:
    """Paths under the LoRA folders, safetensors first."""
    names = folder_paths.get_filename_list("loras")
    return sorted(names, key=lambda name: not name.lower().endswith((".safetensors", ".sft")))


def lora_path(name: str) -> Path:
    """Raises ValueError where the file is gone."""
    path = folder_paths.get_full_path("loras", name)
    if path is None:
        raise ValueError(
            f"There is no file {name} in models/loras. Put it there, or choose another one."
        )
    return Path(path)


def user_folder() -> Path:
    return Path(folder_paths.get_user_directory()) / "fewstep"


def catalog() -> Catalog:
    """The pack's recipes and those in `fewstep/recipes` of the user directory, read anew."""
    return all_recipes(user_folder() / "recipes")


def sha256_of(path: Path) -> str | None:
    """The sha256 of a file, or None where the host was started with another hash."""
    new_hash = node_helpers.hasher()
    if new_hash().name != "sha256":
        return None
    return HashCache(user_folder() / "hashes.json", new_hash).of(path)
