"""What the page's twin of the schedules must say: computed here, kept in data/, read by both."""

import itertools
import json
from pathlib import Path

import numpy as np
from fewstep.samplers import SAMPLERS
from fewstep.samplers.levels import FlowLevels, TableLevels
from fewstep.samplers.table import step_table
from fewstep.schedulers import (
    IMG2IMG,
    Grid,
    Subject,
    parse_levels,
    plan_levels,
    plan_timesteps,
    standard_sigma,
)

FILE = Path(__file__).parent / "data" / "timesteps_golden.json"
TABLE = TableLevels(np.array([standard_sigma(time) for time in range(1000)]))
GAMMAS = {True: (0.3, 0.1, 1.0), False: (0.0,)}
RUNS = [(sampler, gamma) for sampler in SAMPLERS.values() for gamma in GAMMAS[sampler.has_gamma]]
LISTS = ["999, 749, 499, 249", "800", "1.0, 0.75, .5", "[999, 499,]", "1., 0.9375", " "]
LISTS += ["999, 1200", "abc", "259, 499", "0.0", "1e2", "999,,499"]
LISTS += [
    "999 749;499",
    "999，749、499；249",
    "[999\u3000499 ]",
    "999 , 499 ;",
    ",999",
    "999;;499",
    ", ",
]
LISTS += ["0,75", "1,0, 0,75; 0,5", "0,9375", "0,75,x", "999-499", "999,749 1000", "\t999\n499"]
TURBO = [1.0, 0.6509, 0.4374, 0.2932, 0.1893, 0.1108, 0.0495, 0.00031]
STAGE = [0.909375, 0.725, 0.421875]
FLUX = {"mu": [0.5, 1.15], "tokens": [256, 4096]}
QWEN = {"mu": [0.5, 0.9], "tokens": [256, 8192]}
LEVEL_LISTS = ["1, 0.5", "14.6146 2.9183;0.6", "1, 0.5, 0", "[1,0.99375,.5,]", "0", "", "1, x"]
LEVEL_LISTS += ["1, 1", "0.5, 0.7", "-1", "nan", "0,9 0,5", "1,,0.5", "1e-1", "1e9", "1, 0"]


def cases() -> dict:
    """All numbers of the golden file."""
    return {"plans": [*_plans()], "runs": [*_runs()], "levels": [*_levels()]}


def _plans():
    spread = itertools.product((1, 2, 3, 4, 6, 8, 16, 50), ("grid", "trailing", "leading"))
    for steps, spacing in spread:
        for denoise in (1.0, 0.99, 0.9, 0.75, 0.6, 0.5, 0.35, 0.3, 0.13, 0.05, 0.01, 0.0):
            for img2img in IMG2IMG:
                yield _plan(steps, spacing, denoise, "", img2img)
    for text, denoise in itertools.product(LISTS, (1.0, 0.6, 0.1)):
        yield _plan(4, "listed", denoise, text, IMG2IMG[0])


def _plan(steps, spacing, denoise, listed, img2img):
    given = dict(steps=steps, spacing=spacing, denoise=denoise, listed=listed, img2img=img2img)
    try:
        return {"given": given, "times": plan_timesteps(steps, spacing, denoise, listed, img2img)}
    except ValueError as error:
        return {"given": given, "error": str(error)}


def _runs():
    lists = ([999, 759, 499, 259], [999, 749, 499, 249], [599, 459, 299, 159], [800], [936.5, 500])
    for times, (sampler, gamma) in itertools.product(lists, RUNS):
        table = [standard_sigma(time) for time in times]
        yield _run(times, sampler, gamma, None, table, TABLE)
        for shift in (1.0, 3.0):
            levels = [(time + 1) / 1000 for time in times]
            sigmas = [shift * level / (1 + (shift - 1) * level) for level in levels]
            yield _run(times, sampler, gamma, shift, sigmas, FlowLevels())


def _run(times, sampler, gamma, shift, sigmas, levels):
    table = step_table([*sigmas, 0.0], levels, sampler.low(levels, gamma))
    given = {"times": times, "sampler": sampler.name, "gamma": gamma, "shift": shift}
    return {"given": given, "sigmas": sigmas, "fresh": [step.fresh for step in table]}


def _levels():
    for given in _grids():
        for denoise, img2img in ((1.0, IMG2IMG[0]), (0.6, IMG2IMG[0]), (0.6, IMG2IMG[1])):
            yield _level({"denoise": denoise, **given, "img2img": img2img})
    for text in LEVEL_LISTS:
        yield _read(text)


def _grids():
    shifts = (0.5, 3.0, 5, "model", "flux2", FLUX, {**QWEN, "terminal": 0.02})
    sizes = (None, 1024, 4096, 16384)
    for shift, tokens in itertools.product(shifts, sizes):
        for steps, spacing in ((1, "trailing"), (3, "trailing"), (8, "trailing"), (4, "grid")):
            yield dict(steps=steps, spacing=spacing, shift=shift, tokens=tokens)
        yield dict(steps=8, spacing="listed", nodes=TURBO, shift=shift, tokens=tokens)
    yield dict(steps=4, spacing="trailing", shift=5.0, denoise=0.0)
    yield dict(steps=4, spacing="listed", nodes=[1.0, 0.75, 0.5])
    for stands in (False, True):
        yield dict(steps=3, spacing="listed", sigmas=STAGE, asItStands=stands, flow=True)
    yield dict(steps=3, spacing="listed", sigmas=[14.0, 5.5, 0.6], flow=False)


def _level(given):
    """With a model of shift 3, or for a list of another kind of levels without one."""
    flow = given.get("flow", True)
    subject = Subject(flow, _shift_3 if flow else standard_sigma, tokens=given.get("tokens"))
    grid = Grid(
        given["spacing"],
        nodes=given.get("nodes", ()),
        sigmas=given.get("sigmas", ()),
        as_it_stands=given.get("asItStands", False),
        shift=given.get("shift"),
        flow=flow,
    )
    try:
        plan = plan_levels(grid, given["steps"], given["denoise"], subject, given["img2img"])
    except ValueError as error:
        return {"given": given, "error": str(error)}
    return {"given": given, "levels": plan.levels, "shift": plan.shift, "sizeless": plan.sizeless}


def _read(text):
    try:
        return {"text": text, "levels": parse_levels(text)}
    except ValueError as error:
        return {"text": text, "error": str(error)}


def _shift_3(time):
    share = (time + 1) / 1000
    return 3 * share / (1 + 2 * share)


def write() -> None:
    """After a change on purpose."""
    text = json.dumps(cases(), separators=(",", ":")).replace('{"given"', '\n{"given"')
    FILE.write_text(text + "\n", "utf-8")
