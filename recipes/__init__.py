"""What exists: the settings each accelerator was trained for. Pure data, no host."""

from .catalog import builtin_recipes
from .recipe import Choice, Recipe

__all__ = ["Choice", "Recipe", "builtin_recipes"]
