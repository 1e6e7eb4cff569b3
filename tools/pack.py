"""The pack's pure packages for the tools, which run outside of ComfyUI."""

import importlib
import sys
import types
from typing import Any

from .paths import ROOT

_NAME = "fewstep"


def pure(package: str) -> Any:
    """`recipes`, `schedulers` or `samplers`, loaded under the pack's own name."""
    if _NAME not in sys.modules:
        pack = types.ModuleType(_NAME)
        pack.__path__ = [str(ROOT)]
        sys.modules[_NAME] = pack
    return importlib.import_module(f"{_NAME}.{package}")
