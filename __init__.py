"""FewStep: samplers, schedules and recipes for models that make a picture in 1-8 steps."""

from .nodes.extension import comfy_entrypoint

WEB_DIRECTORY = "./web"

__all__ = ["WEB_DIRECTORY", "comfy_entrypoint"]
