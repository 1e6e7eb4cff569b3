"""A ControlNet, or a prompt, works at the steps that were named, and at no other."""

import comfy.controlnet
import comfy.samplers
import control_runs as runs
import narrow
import pytest
import torch
from comfy_extras.nodes_controlnet import SetUnionControlNetType
from fewstep.host.models.one_step import prepare
from fewstep.host.sampling.levels import schedule
from fewstep.host.sampling.samplers import make_sampler
from fewstep.nodes.controlnet import FewStepConditioningSteps
from fewstep.recipes import builtin_recipes
from fewstep.schedulers import SPACINGS

pytestmark = pytest.mark.floor
DENOISES = (1.0, 0.6)


def _chained(base, sampled, sigmas, pairs, control, steps, **more):
    positive = narrow.conditioning(base)
    for name, (first, last) in enumerate(pairs):
        positive = runs.applied(positive, control, sigmas, first, last, name, **more)
    steps.now, steps.seen = 0, {}
    runs.sample(sampled, positive, sigmas)
    return steps.seen


@pytest.mark.floor(base="SD 1.5")
@pytest.mark.parametrize(
    ("name", "base"), [*((name, "SD 1.5") for name in runs.SAMPLINGS), ("x0", "SDXL")]
)
def test_a_controlnet_runs_at_exactly_the_steps_named(name, base):
    """1 to 8 steps, all spacings, denoise 1 and 0.6, all (first, last), chained: no cell differs.

    Nothing but SIGMAS is given. The last of each chain is the one that works to the end.
    """
    steps = runs.Steps()
    model = runs.model_of(runs.SAMPLINGS[name], steps, base)
    control = runs.control_net(base, steps)
    cells = 0
    for count in runs.counts_of(name):
        for spacing in SPACINGS:
            for denoise in DENOISES:
                sigmas = schedule(runs.times_of(count, spacing, denoise), model)
                assert len(sigmas) == count + 1
                pairs = runs.windows(count)
                seen = _chained(base, model, sigmas, [*pairs, (1, 0)], control, steps)
                assert seen == runs.asked([*pairs, (1, count)]), (count, spacing, denoise)
                cells += len(pairs)
    windows = 120 if len(runs.counts_of(name)) == 8 else 43
    assert cells == windows * len(SPACINGS) * len(DENOISES)


class PercentReader(comfy.controlnet.ControlBase):
    """A CONTROL_NET of another pack, which computes a range of its own from the percents."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def pre_run(self, model, percent_to_timestep_function):
        super().pre_run(model, percent_to_timestep_function)
        self.range = [percent_to_timestep_function(share) for share in self.timestep_percent_range]

    def get_control(self, x_noisy, t, *more):
        if self.previous_controlnet is not None:
            self.previous_controlnet.get_control(x_noisy, t, *more)
        if self.range[1] <= float(t[0]) <= self.range[0]:
            self.steps.note(runs.name_of(self.cond_hint_original))

    def copy(self):
        copied = PercentReader(self.steps)
        self.copy_to(copied)
        return copied


@pytest.mark.parametrize("name", runs.SAMPLINGS)
def test_with_the_model_percents_name_the_same_steps(name):
    steps = runs.Steps()
    model = runs.model_of(runs.SAMPLINGS[name], steps)
    for count in runs.counts_of(name):
        for spacing in SPACINGS:
            for denoise in DENOISES:
                sigmas = schedule(runs.times_of(count, spacing, denoise), model)
                pairs = runs.windows(count)
                reader = PercentReader(steps)
                seen = _chained("SD 1.5", model, sigmas, pairs, reader, steps, model=model)
                assert seen == runs.asked(pairs), (count, spacing, denoise)


@pytest.mark.parametrize("name", runs.SAMPLINGS)
def test_a_conditioning_counts_at_exactly_the_steps_named(name):
    """Prompts of one graph, told apart by their first number; the last one fills the rest."""
    seen, steps = {}, runs.Steps()
    model = runs.model_of(runs.SAMPLINGS[name], steps)

    def note(_apply, given):
        for text in given["c"]["c_crossattn"]:
            seen.setdefault(round(float(text[0, 0])), []).append(steps.now)
        return given["input"] * 0.5

    model.set_model_unet_function_wrapper(note)

    def end_step(_step, *_):
        steps.now += 1

    for count in runs.counts_of(name):
        for spacing in SPACINGS:
            for denoise in DENOISES:
                sigmas = schedule(runs.times_of(count, spacing, denoise), model)
                pairs = runs.windows(count)
                prompts = [
                    FewStepConditioningSteps.execute(
                        [[torch.full((1, 7, 768), float(number)), {"start_percent": 0.9}]],
                        sigmas,
                        *pair,
                    ).result[0]
                    for number, pair in enumerate(pairs)
                ]
                seen.clear()
                steps.now = 0
                guider = comfy.samplers.CFGGuider(model)
                guider.set_conds(sum(prompts, []), [])
                guider.set_cfg(1.0)
                noise = torch.ones(1, 4, 8, 8)
                guider.sample(noise, noise, make_sampler("ddim"), sigmas, None, end_step, True, 3)
                assert seen == runs.asked(pairs), (count, spacing, denoise)


@pytest.mark.floor(base="SD 1.5")
@pytest.mark.parametrize("base", ["SD 1.5", "SDXL"])
def test_the_network_itself_runs_then_and_changes_the_picture_from_then_on(base):
    """With the real forwards of UNet and ControlNet; what comes before its first step stays."""
    steps = runs.Steps()
    model, control = narrow.patcher(base), runs.control_net(base, steps, real=True)
    sigmas = narrow.sigmas_of(model, 3)
    pictures = {}

    def seen(positive):
        told = []
        guider = comfy.samplers.CFGGuider(model)
        guider.set_conds(positive, positive)
        guider.set_cfg(1.0)
        steps.now, steps.seen = 0, {}

        def end_step(_step, image, *_):
            steps.now += 1
            told.append(image)

        noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))
        zeros = torch.zeros_like(noise)
        guider.sample(noise, zeros, make_sampler("ddim"), sigmas, None, end_step, True, 3)
        return told

    plain = seen(narrow.conditioning(base))
    for first, last in runs.windows(3):
        positive = runs.applied(narrow.conditioning(base), control, sigmas, first, last)
        pictures[first, last] = seen(positive)
        assert steps.seen == {0: list(range(first - 1, last))}
        same = [torch.equal(a, b) for a, b in zip(plain, pictures[first, last], strict=True)]
        assert same == [step < first for step in (1, 2, 3)]
    assert not torch.equal(pictures[1, 1][-1], pictures[1, 2][-1])


@pytest.mark.parametrize(
    "sampler", ["euler", "lcm", "dpm_2", "dpmpp_2m", "uni_pc", "ddim", "res_multistep"]
)
def test_core_s_samplers_too(sampler):
    """The noise levels they pass on are rounded otherwise, and DPM2 looks twice a step."""
    steps = runs.Steps()
    model = runs.model_of(runs.SAMPLINGS["eps"], steps)
    control = runs.control_net("SD 1.5", steps)
    sigmas = comfy.samplers.calculate_sigmas(runs.SAMPLINGS["eps"], "simple", 4)
    sampler = comfy.samplers.sampler_object(sampler)

    def levels(first, last):
        """The levels at which the ControlNet ran, and all."""
        told, ran = [], []
        model.set_model_unet_function_wrapper(
            lambda _, given: told.append(float(given["timestep"][0])) or given["input"] * 0.5
        )
        steps.note = lambda _: ran.append(len(told))
        positive = runs.applied(narrow.conditioning("SD 1.5"), control, sigmas, first, last)
        runs.sample(model, positive, sigmas, sampler)
        return [told[call] for call in ran], told

    for first, last in runs.windows(4):
        ran, told = levels(first, last)
        below = float(sigmas[last]) * (1 + 1e-4)
        top = float(sigmas[first - 1]) * (1 + 1e-4)
        assert ran == [level for level in told if below < level <= top]


@pytest.mark.floor(count=4)
@pytest.mark.parametrize("count", [2, 4, 8])
def test_one_conditioning_serves_both_halves_of_split_sigmas(count):
    steps = runs.Steps()
    model = runs.model_of(runs.SAMPLINGS["eps"], steps)
    sigmas = schedule(runs.times_of(count, "grid", 1.0), model)
    control, pairs = runs.control_net("SD 1.5", steps), runs.windows(count)
    positive = narrow.conditioning("SD 1.5")
    for name, (first, last) in enumerate(pairs):
        positive = runs.applied(positive, control, sigmas, first, last, name)
    middle = count // 2
    runs.sample(model, positive, sigmas[: middle + 1])
    runs.sample(model, positive, sigmas[middle:], noise=False)
    assert steps.seen == runs.asked(pairs)


def test_a_half_alone_counts_its_own_steps_and_is_off_in_the_other():
    steps = runs.Steps()
    model = runs.model_of(runs.SAMPLINGS["eps"], steps)
    sigmas = schedule(runs.times_of(8, "trailing", 1.0), model)
    control = runs.control_net("SD 1.5", steps)
    for part, expected in ((sigmas[:4], [0, 1, 2]), (sigmas[3:6], [3, 4]), (sigmas[5:], [5, 6, 7])):
        steps.now, steps.seen = 0, {}
        runs.sample(model, runs.applied(narrow.conditioning("SD 1.5"), control, part, 1, 0), sigmas)
        assert steps.seen == {0: expected}


def test_sigmas_that_rise_and_models_cut_at_their_start_count_the_same():
    steps = runs.Steps()
    control = runs.control_net("SD 1.5", steps)
    model = runs.model_of(runs.SAMPLINGS["eps"], steps)
    rising = schedule(runs.times_of(4, "trailing", 1.0), model).flip(0)
    rising[0] = 0.01
    cut, _ = prepare(model, builtin_recipes()["dmd2/sdxl-1step-unet"], "a")
    falling = comfy.samplers.calculate_sigmas(cut.get_model_object("model_sampling"), "simple", 4)
    for made, sigmas in ((model, rising), (cut, falling)):
        pairs = runs.windows(4)
        assert _chained("SD 1.5", made, sigmas, pairs, control, steps) == runs.asked(pairs)


def test_a_repeated_level_is_told_apart_or_refused():
    steps = runs.Steps()
    model = runs.model_of(runs.SAMPLINGS["eps"], steps)
    control = runs.control_net("SD 1.5", steps)
    sigmas = torch.tensor([14.6, 5.0, 5.0, 1.0, 0.0])
    pairs = [(1, 1), (1, 3), (2, 3), (2, 4), (4, 4)]
    assert _chained("SD 1.5", model, sigmas, pairs, control, steps) == runs.asked(pairs)
    with pytest.raises(ValueError, match="Step 3 samples the noise level 5, as steps 1 to 2 do"):
        runs.applied(narrow.conditioning("SD 1.5"), control, sigmas, 1, 2)


def test_chained_before_and_after_core_s_node_each_keeps_its_own():
    import nodes

    steps = runs.Steps()
    model = runs.model_of(runs.SAMPLINGS["flow shift 3"], steps)
    control = runs.control_net("SD 1.5", steps)
    sigmas = schedule(runs.times_of(4, "trailing", 1.0), model)

    def core(positive, name):
        apply = nodes.ControlNetApplyAdvanced().apply_controlnet
        return apply(positive, [], control, runs.image(name), 1.0, 0.0, 1.0)[0]

    positive = core(narrow.conditioning("SD 1.5"), 0)
    positive = core(runs.applied(positive, control, sigmas, 2, 3, 1), 2)
    runs.sample(model, positive, sigmas)
    assert steps.seen == {0: [0, 1, 2, 3], 1: [1, 2], 2: [0, 1, 2, 3]}
    # Once more: nothing is left behind in the loader's object.
    steps.now, steps.seen = 0, {}
    runs.sample(model, core(narrow.conditioning("SD 1.5"), 5), sigmas)
    assert steps.seen == {5: [0, 1, 2, 3]}


def test_union_types_masks_and_copies_keep_the_range():
    steps = runs.Steps()
    model = runs.model_of(runs.SAMPLINGS["eps"], steps)
    control = SetUnionControlNetType.execute(runs.control_net("SD 1.5", steps), "depth").result[0]
    sigmas = schedule(runs.times_of(4, "grid", 1.0), model)
    mask = torch.ones(1, 64, 64)
    positive = runs.applied(narrow.conditioning("SD 1.5"), control, sigmas, 2, 3, mask=mask)
    made = positive[0][1]["control"]
    assert made is not control and made.extra_args["control_type"] == [1]
    copied = [[positive[0][0], {**positive[0][1], "control": made.copy()}]]
    for given in (positive, copied):
        steps.now, steps.seen = 0, {}
        runs.sample(model, given, sigmas)
        assert steps.seen == {0: [1, 2]}


def test_strength_0_and_denoise_0_leave_the_prompts_as_they_are():
    steps = runs.Steps()
    control = runs.control_net("SD 1.5", steps)
    positive = narrow.conditioning("SD 1.5")
    sigmas = schedule([999, 499])
    assert runs.applied(positive, control, sigmas, 1, 0, strength=0.0) is positive
    assert runs.applied(positive, control, sigmas[:0], 1, 0) is positive
    assert FewStepConditioningSteps.execute(positive, sigmas[:0], 2, 3).result[0] is positive


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        ((3, 0), "first_step is 3, but these SIGMAS have 2 steps"),
        ((2, 1), "first_step 2 comes after last_step 1"),
    ],
)
def test_steps_that_are_not_there_are_one_sentence(pair, told):
    sigmas = schedule([999, 499])
    with pytest.raises(ValueError, match=told):
        runs.applied([], None, sigmas, *pair)


def test_a_prompt_with_a_schedule_of_its_own_is_refused():
    scheduled = [[torch.zeros(1, 7, 768), {"clip_start_percent": 0.0, "clip_end_percent": 0.5}]]
    with pytest.raises(ValueError, match="scheduled by hooks"):
        FewStepConditioningSteps.execute(scheduled, schedule([999, 499]), 1, 1)
