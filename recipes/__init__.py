"""What exists: the settings each accelerator was trained for, and recognising its file.

Pure data and files, no host.
"""

from .bases import BASES, network_of
from .brief import briefs
from .catalog import builtin_recipes
from .choice import Choice
from .hashes import HashCache
from .header import Header, Tensor, read_header
from .known_file import KnownFile
from .layout import Layout, has_clip, has_vae, layout_of
from .lora_names import modules_of
from .parts import first_missing
from .recipe import Recipe
from .recognise import Found, needs_hash, recognise
from .user import Catalog, all_recipes

__all__ = [
    "BASES",
    "Catalog",
    "Choice",
    "Found",
    "HashCache",
    "Header",
    "KnownFile",
    "Layout",
    "Recipe",
    "Tensor",
    "all_recipes",
    "briefs",
    "builtin_recipes",
    "first_missing",
    "has_clip",
    "has_vae",
    "layout_of",
    "modules_of",
    "needs_hash",
    "network_of",
    "read_header",
    "recognise",
]
