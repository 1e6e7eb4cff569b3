"""The browser on this system that the web tests drive."""

import os
import shutil
from pathlib import Path

_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
)
HOW_TO_GET_IT = (
    "Chromium or Chrome is needed for the web tests and the nodes' pictures: install it (on "
    "Debian: apt install chromium), or set FEWSTEP_CHROMIUM to its program."
)


def find_chromium() -> Path | None:
    """The program of an installed Chromium or Chrome; FEWSTEP_CHROMIUM comes first."""
    named = os.environ.get("FEWSTEP_CHROMIUM")
    found = [named] if named else [*map(shutil.which, _COMMANDS), *_PLACES]
    return next((Path(path) for path in found if path and Path(path).is_file()), None)
