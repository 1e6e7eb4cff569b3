"""The very names that files were published under, which no word has to explain."""

from .name_words import folders_of, said_by, squeezed, stem_of
from .recipe import Recipe

# What many files are called: their repository's name, or the folder they are kept in, says more.
UNTOLD = frozenset(
    squeezed(name)
    for name in (
        *("pytorch_lora_weights", "diffusion_pytorch_model", "pytorch_model", "adapter_model"),
        *("high_noise_model", "low_noise_model", "model"),
    )
)
# Folders of the parts of a model, which say nothing either.
_PARTS = frozenset(("unet", "transformer", "comfy", "checkpoints", "loras"))


def is_untold(name: str) -> bool:
    """Whether the file's own name says nothing, as it is that of many."""
    return squeezed(stem_of(name)) in UNTOLD


def repository_folder(name: str) -> str:
    """The nearest folder that is more than a part of a model, or ""."""
    return next((one for one in folders_of(name) if one.lower() not in _PARTS), "")


def published_as(name: str, recipe: Recipe) -> bool:
    """Whether the file's own name is one that a file of the recipe was published under; for a name
    that many have, whether its folder is called like their repository or like the recipe's id."""
    # What a person calls the files of an own recipe is only for reading.
    if not any(file.words for file in recipe.files):
        return False
    if is_untold(name):
        folder = squeezed(repository_folder(name))
        return bool(folder) and folder in _folders(recipe)
    return squeezed(stem_of(name)) in _names(recipe)


def _names(recipe: Recipe) -> set[str]:
    paths = [path for file in recipe.files for path in (file.name, file.path) if path]
    return {squeezed(stem_of(path)) for path in paths} - UNTOLD - {""} | _repository(recipe)


def _folders(recipe: Recipe) -> set[str]:
    """Its repository, the folder in it, and the pack's own."""
    found = {squeezed(recipe.id), squeezed(recipe.id.removesuffix("-lora"))}
    untold = [file.path for file in recipe.files if is_untold(file.path or file.name)]
    found |= {squeezed(repository_folder(path)) for path in untold}
    return found - {""} | _repository(recipe)


def _repository(recipe: Recipe) -> set[str]:
    """What its repository is called, where that names an accelerator."""
    name = recipe.source.rsplit("/", 1)[-1]
    return {squeezed(name)} if said_by(name).families else set()
