"""What the loader of whole models refuses and what it warns about."""

from ...recipes import Found, Header, Layout, Recipe, first_missing_end, network_of

_UNETS = ("SD 1.5", "SD 2.1", "SDXL", "SSD-1B", "Segmind Vega", "SDXS")
# Whose text encoders and VAE a base takes, besides its own.
_COMPANIONS = {
    "SSD-1B": ("SDXL",),
    "Segmind Vega": ("SDXL",),
    "SDXS": ("SD 1.5", "SD 2.1"),
}
_PLACES = {
    "a VAE": "Put it in models/vae and load it with Load VAE",
    "a text encoder": "Put it in models/text_encoders and load it with Load CLIP",
    "a ControlNet": "Put it in models/controlnet and load it with Load ControlNet Model",
    "LoRA": "Put it in models/loras and load it with Load acceleration LoRA",
}
NO_CLIP = (
    "{file} has no text encoder. Choose a base_checkpoint in Load one-step model, or connect the "
    "CLIP of Load Checkpoint or Load CLIP in place of this output."
)
NO_VAE = (
    "{file} has no VAE. Choose a base_checkpoint in Load one-step model, or connect Load VAE in "
    "place of this output."
)


def check_model(layout: Layout, header: Header, file: str) -> None:
    """Raises ValueError for a file that is no model, and for one without its ends."""
    if layout.what not in ("UNet", "checkpoint"):
        place = _PLACES.get(layout.what, "Choose a checkpoint or a diffusion model")
        raise ValueError(f"{file} is {_with_article(layout.what)}, not a model. {place}.")
    missing = first_missing_end(header) if layout.base in _UNETS else ""
    if missing:
        raise ValueError(f"{file} is incomplete: {missing} is missing. Download it again.")


def check_companion(layout: Layout, base: Layout, file: str, base_file: str) -> None:
    """Raises ValueError where the base checkpoint is none, or its text encoders do not fit."""
    if base.what != "checkpoint":
        raise ValueError(
            f"{base_file} is {_with_article(base.what)}, not a checkpoint with CLIP and VAE. "
            "Choose another base_checkpoint."
        )
    wanted = (layout.base, *_COMPANIONS.get(layout.base, ()))
    if layout.base and base.base and base.base not in wanted:
        raise ValueError(
            f"{file} is for {layout.base}, and the base_checkpoint {base_file} is {base.base}. "
            f"Choose a checkpoint for {' or '.join(wanted[1:] or wanted)}."
        )


def warnings(found: Found, recipe: Recipe | None) -> list[str]:
    """What the user should know, where nothing is refused."""
    told = list(found.notes)
    if recipe is None:
        told.append(
            "No settings are passed on, and the model is as ComfyUI loads it: choose the recipe "
            "here."
        )
    base = found.layout.base
    if recipe and base and network_of(recipe.base) != network_of(base):
        told.append(f"The recipe is for {recipe.base}, and the file is for {base}.")
    return told


def _with_article(what: str) -> str:
    return what if what.startswith("a ") else f"a {what}"
