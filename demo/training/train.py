"""Trains the demo model, a stage at a time: `python -m demo.training.train model --budget 90m`.

Every stage continues where it stopped, keeps its state in the folder and can be interrupted.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from .budget import seconds
from .stages.autoencoder import train_autoencoder
from .stages.classifier import train_classifier
from .stages.controlnet import train_controlnet
from .stages.distil import train_lcm, train_tcd
from .stages.model import train_model
from .stages.style import train_style
from .state import default_folder

STAGES: dict[str, Callable[[Path, float], None]] = {
    "autoencoder": train_autoencoder,
    "model": train_model,
    "classifier": train_classifier,
    "lcm": train_lcm,
    "tcd": train_tcd,
    "style": train_style,
    "controlnet": train_controlnet,
}


def main(arguments: list[str] | None = None) -> None:
    """Runs one stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--budget", help="stop after 20s, 90m or 2h; run again to continue")
    parser.add_argument("--folder", type=Path, default=default_folder())
    given = parser.parse_args(arguments)
    STAGES[given.stage](given.folder, seconds(given.budget))


if __name__ == "__main__":
    main()
