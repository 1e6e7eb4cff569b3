"""What exists: the settings each accelerator was trained for, and recognising its file.

Pure data and files, no host.
"""

from .bases import BASES, VIDEO, network_of
from .brief import briefs, found_facts
from .catalog import builtin_recipes
from .choice import Choice
from .combinations import Cell, combinations
from .files.hashes import HashCache
from .files.header import Header, Tensor, read_header
from .files.known_file import KnownFile
from .files.layout import Layout, has_clip, has_vae, layout_of
from .files.lora_names import down_of, modules_of, text_encoder_modules_of, up_of
from .files.network_ends import first_missing_end
from .judgement import Judgement, Measures, judge, reference_of, unjudged
from .names.globs import has_part, part_globs
from .recipe import Recipe
from .recognise import Found, needs_hash, recognise, recognise_name
from .run_settings import RunSettings, plan_lines, recipe_plan, run_settings
from .user import Catalog, all_recipes, as_user_file

__all__ = [
    "BASES",
    "Catalog",
    "Cell",
    "Choice",
    "Found",
    "HashCache",
    "Header",
    "Judgement",
    "KnownFile",
    "Layout",
    "Measures",
    "Recipe",
    "RunSettings",
    "Tensor",
    "VIDEO",
    "all_recipes",
    "as_user_file",
    "briefs",
    "builtin_recipes",
    "combinations",
    "down_of",
    "first_missing_end",
    "found_facts",
    "has_clip",
    "has_part",
    "has_vae",
    "judge",
    "layout_of",
    "modules_of",
    "needs_hash",
    "network_of",
    "plan_lines",
    "read_header",
    "recipe_plan",
    "recognise",
    "recognise_name",
    "part_globs",
    "reference_of",
    "run_settings",
    "text_encoder_modules_of",
    "unjudged",
    "up_of",
]
