"""The demo model in the test's own process: trained, sampled by the host, judged."""

import torch

from demo.files.assemble import assemble
from demo.files.parts import shipped
from demo.make import model
from demo.make.model import Demo, DemoClip, prompts, right

__all__ = ["Demo", "DemoClip", "load", "prompts", "right"]


def load(folder):
    """With the files written into `folder` first."""
    assemble(shipped(), folder, torch.float32)
    return model.load(folder)
