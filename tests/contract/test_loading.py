"""Loading the pack leaves the host as it was, but for two entries that are asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Runs in a process of its own, since the host remembers what was loaded. Prints what changed.
_COMPARE = """
import sys
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
pack.load("first")
if {twice}:
    pack.load("second")
after = things()
changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
print("CHANGED", ["/".join(key) for key in changed])
print("LAST", comfy.samplers.KSampler.SAMPLERS[-2:], len(comfy.samplers.KSampler.SAMPLERS))
print("COUNT", comfy.samplers.SAMPLER_NAMES.count("fewstep_tcd"))
"""


def _compare(dropdown, twice):
    code = _COMPARE.format(
        host=os.environ["FEWSTEP_HOST"], here=str(Path(__file__).parent), twice=twice
    )
    env = {**os.environ, "FEWSTEP_KSAMPLER": dropdown}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    return {line.split(" ")[0]: line.partition(" ")[2] for line in lines if line[:1].isupper()}


def test_loading_changes_nothing_in_the_host():
    assert _compare("", twice=True)["CHANGED"] == "[]"


@pytest.mark.parametrize("twice", [False, True])
def test_the_dropdown_gets_exactly_two_entries_once(twice):
    seen = _compare("1", twice)
    assert seen["COUNT"] == "1"
    assert seen["LAST"].startswith("['fewstep_tcd', 'fewstep_lcm']")
    # The list under its two names, and the two functions it finds by name.
    assert eval(seen["CHANGED"]) == [  # noqa: S307
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
