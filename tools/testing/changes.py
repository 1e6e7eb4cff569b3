"""Whether the demo model may have changed since it was last tested, as far as git knows."""

import subprocess

from ..paths import ROOT

_DEMO = ("demo", "tests/demo", "tools/environment/packages.py")
# Without a tag: more commits than have ever landed at once.
_LANDING = 100


def demo_changed() -> bool:
    """False only where git says that all is as it was at the last tag before this commit."""
    before = _git("describe", "--tags", "--abbrev=0", "HEAD^") or _git(
        "rev-parse", "--verify", f"HEAD~{_LANDING}"
    )
    if not before:
        return True
    # Against what lies on disk, committed or not; a file that is new there, too.
    changed = _git("diff", "--name-only", before, "--", *_DEMO)
    return changed != "" or _git("ls-files", "-o", "--exclude-standard", "--", *_DEMO) != ""


def _git(*arguments: str) -> str | None:
    """What git answers, or None where it cannot."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return None if done.returncode else done.stdout.strip()
