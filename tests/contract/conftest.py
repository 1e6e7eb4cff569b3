"""What does not ask the host is tested once, beside the newest."""

import os

from fewstep.tools.hosts.versions import FLOOR

_AGAIN = os.environ.get("FEWSTEP_HOST_VERSION") == FLOOR and not os.environ.get("COMFYUI_PATH")
collect_ignore = ["test_archive.py", "test_layers.py", "test_pages.py"] if _AGAIN else []
