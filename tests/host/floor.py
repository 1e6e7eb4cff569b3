"""Which cases run on which version of the host.

On the newest version all cases run. An older one differs in what it calls and gives back, not in
our own mathematics, so there the marked cases are enough: all that goes through its server, and of
what runs in the test's own process one case for each way in which the host can matter: each kind of
prediction and of noise levels, each base and form of a LoRA, each layout of a model's file.

    @pytest.mark.floor                          all cases of a test
    @pytest.mark.floor(name="eps", steps=4)     the cases with these parameters; marks add up
    pytestmark = pytest.mark.floor              all tests of a file that have no mark of their own

A test that has the `server` runs on every version whether marked or not; its marks choose among
its cases. With FEWSTEP_THOROUGH=1 all cases run on all versions, and more servers and clients are
killed.
"""

import os

from fewstep.tools.hosts.versions import NEWEST

IS_NEWEST = os.environ.get("FEWSTEP_HOST_VERSION", NEWEST) == NEWEST
THOROUGH = os.environ.get("FEWSTEP_THOROUGH") == "1"
WHOLE = IS_NEWEST or THOROUGH


def choose(items):
    """The cases to run, and those that the newest version alone is enough for."""
    if WHOLE:
        return items, []
    kept = [item for item in items if _is_kept(item)]
    return kept, [item for item in items if item not in kept]


def _is_kept(item):
    own = [mark for mark in item.own_markers if mark.name == "floor"]
    marks = own or list(item.iter_markers("floor"))
    if not marks:
        return "server" in item.fixturenames
    given = item.callspec.params if hasattr(item, "callspec") else {}
    return any(mark.kwargs.items() <= given.items() for mark in marks)
