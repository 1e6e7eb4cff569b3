"""What a file in the host's folders is, without a run: the same as a run of its loader says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ..recipes import Header, found_facts, needs_hash, recognise, recognise_name
from . import folders
from .recognition import LORAS, WHOLE_MODELS, known_recipes
from .weight_files import is_safetensors, read_header_of


class _Folder(NamedTuple):
    names: Callable[[], list[str]]
    path: Callable[[str], Path]
    kinds: tuple[str, ...]
    called: str


_FOLDERS = {
    "loras": _Folder(folders.lora_names, folders.lora_path, LORAS, "models/loras"),
    "models": _Folder(
        folders.model_names,
        folders.model_path,
        WHOLE_MODELS,
        "models/checkpoints or models/diffusion_models",
    ),
}


def file_facts(folder: str, name: str, *, whole: bool = False) -> dict[str, Any]:
    """What the file `name` of the list of "loras" or "models" is, as `found_facts` has it.

    `checking` says that only the whole file tells for certain, and that it was not read: ask again
    with `whole`. `error` is a sentence where it cannot be read. A name that is in no list is looked
    for nowhere, and told by the name alone.
    """
    known = _FOLDERS.get(folder)
    if known is None:
        return {"error": "There is no such folder: loras and models are known."}
    recipes = folders.catalog().recipes
    if name not in known.names():
        named = recognise_name(name, recipes, known.kinds)
        return {**found_facts(named), "absent": known.called}
    try:
        path = known.path(name)
        if not (whole or is_safetensors(path)):
            return {**found_facts(recognise_name(name, recipes, known.kinds)), "checking": True}
        header = read_header_of(path, name)
        sha256, checking = _sha256(path, header, whole)
        found = recognise(name, header, known_recipes(header), sha256)
    except (OSError, ValueError) as error:
        return {"error": str(error)}
    return {**found_facts(found), "checking": checking}


def _sha256(path: Path, header: Header, whole: bool) -> tuple[str | None, bool]:
    """The file's sha256, where it can tell and is known or may be read; and whether it may not."""
    if not needs_hash(header.size, folders.catalog().recipes.values()):
        return None, False
    if whole:
        return folders.sha256_of(path), False
    known = folders.known_sha256(path)
    return known, known is None and folders.can_hash()
