"""Loading the pack leaves the host as it was, but for two entries that are asked for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# Runs in a process of its own, since the host remembers what was loaded, and once for all that is
# asked, since importing the host is most of it. Prints what changed.
_COMPARE = """
import json, os, sys
sys.path[:0] = [{host!r}, {here!r}]
import comfy.cli_args
comfy.cli_args.args.cpu = True
import comfy.samplers, comfy.sd, comfy_api.v0_0_2
import comfy_extras.nodes_controlnet, comfy_extras.nodes_custom_sampler
import pack

def things():
    found = {{}}
    for name, module in sorted(sys.modules.items()):
        if name.split(".")[0] not in ("comfy", "comfy_api", "comfy_extras", "comfy_execution"):
            continue
        for key, value in vars(module).items():
            if key.startswith("__"):
                continue
            found[name, key] = id(value)
            if isinstance(value, (list, dict, set)):
                found[name, key, "content"] = repr(list(value))
            if isinstance(value, type) and value.__module__ == name:
                for attribute, inner in vars(value).items():
                    if isinstance(inner, (list, dict, set)):
                        inner = repr(list(inner))
                    elif not callable(inner):
                        continue
                    else:
                        inner = id(inner)
                    found[name, key, attribute] = inner
    return found

before = things()

def tell(asked):
    after = things()
    keys = before.keys() | after.keys()
    changed = sorted("/".join(key) for key in keys if before.get(key) != after.get(key))
    samplers = comfy.samplers.KSampler.SAMPLERS
    count = comfy.samplers.SAMPLER_NAMES.count("fewstep_tcd")
    read = [name for name in sys.modules if name.startswith("first.")]
    told = {{"changed": changed, "last": samplers[-2:], "count": count, "read": read}}
    print("TOLD", json.dumps({{"asked": asked, **told}}))

os.environ["FEWSTEP_KSAMPLER"] = ""
pack.load("first")
pack.load("second")
tell("loaded")
os.environ["FEWSTEP_KSAMPLER"] = "1"
pack.load("third")
tell("in the dropdown")
pack.load("fourth")
tell("in the dropdown twice")
"""


@pytest.fixture(scope="module")
def told():
    """What is other than before, each time the pack was loaded."""
    code = _COMPARE.format(host=os.environ["FEWSTEP_HOST"], here=str(Path(__file__).parent))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("TOLD ")]
    found = [json.loads(line.removeprefix("TOLD ")) for line in lines]
    return {one["asked"]: one for one in found}


def test_loading_changes_nothing_in_the_host(told):
    assert told["loaded"]["changed"] == []


def test_what_trains_is_not_read_with_the_pack(told):
    """Most sessions train nothing: the schemas need the names of the methods and no more."""
    trains = {
        n for n in told["loaded"]["read"] if n.startswith(("first.distil", "first.host.train"))
    }
    assert trains == {f"first.host.training{one}" for one in ("", ".choices", ".kept")}


def test_the_methods_are_the_losses_and_repair():
    from fewstep.distil import LOSSES
    from fewstep.host.training import METHODS, REPAIR
    from fewstep.host.training.choices import FEATURES

    # Features are another way of the trajectory, chosen by `loss`.
    assert METHODS == (REPAIR, *(name for name in LOSSES if name != FEATURES))


@pytest.mark.parametrize("asked", ["in the dropdown", "in the dropdown twice"])
def test_the_dropdown_gets_exactly_two_entries_once(told, asked):
    seen = told[asked]
    assert seen["count"] == 1
    assert seen["last"] == ["fewstep_tcd", "fewstep_lcm"]
    # The list under its two names, and the two functions it finds by name.
    assert seen["changed"] == [
        "comfy.k_diffusion.sampling/sample_fewstep_lcm",
        "comfy.k_diffusion.sampling/sample_fewstep_tcd",
        "comfy.samplers/KSampler/SAMPLERS",
        "comfy.samplers/SAMPLER_NAMES/content",
    ]


def test_a_name_that_is_taken_stays_with_its_owner(monkeypatch):
    import comfy.k_diffusion.sampling
    import comfy.samplers
    from fewstep.host.sampling.samplers import add_to_dropdown

    owner = object()
    names = [*comfy.samplers.SAMPLER_NAMES, "fewstep_lcm"]
    monkeypatch.setattr(comfy.samplers, "SAMPLER_NAMES", names)
    monkeypatch.setattr(comfy.samplers.KSampler, "SAMPLERS", names)
    attribute = "sample_fewstep_tcd"
    monkeypatch.setattr(comfy.k_diffusion.sampling, attribute, owner, raising=False)
    before = list(names)
    add_to_dropdown()
    assert names == before
    assert getattr(comfy.k_diffusion.sampling, attribute) is owner
    assert not hasattr(comfy.k_diffusion.sampling, "sample_fewstep_lcm")
