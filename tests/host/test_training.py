"""Training on narrow models: the networks of a run, and what goes through them."""

import gc

import comfy.model_management as host
import comfy.samplers
import narrow
import pytest
import torch
from fewstep.distil import LOSSES
from fewstep.distil.trainer import Trainer
from fewstep.host.training.adapters import LEARNED, START, STUDENT
from fewstep.host.training.asked import Given
from fewstep.host.training.conditions import encode
from fewstep.host.training.network import Network
from training_runs import BASES, Clip, inputs, loaded, paths, plainly, run, shape_of, student

pytestmark = [pytest.mark.floor, pytest.mark.usefixtures("training_folder")]


@pytest.mark.parametrize("base", BASES)
def test_the_teacher_is_the_plain_model_bit_for_bit(base):
    """Before, with adapters on its layers and switched off, and after; the student is another."""
    model = loaded(base)
    x, sigma, context = inputs(model, base)
    before = plainly(model, x, sigma, context)
    with student(model, base) as (patcher, adapters), torch.no_grad():
        teacher = Network(patcher, adapters.switch, None)(x, sigma, context)
        other = Network(patcher, adapters.switch, STUDENT)(x, sigma, context)
        again = Network(patcher, adapters.switch, None)(x, sigma, context)
    assert torch.equal(before, teacher) and torch.equal(before, again)
    assert not torch.equal(before, other)
    assert torch.equal(before, plainly(model, x, sigma, context))


def test_the_host_is_in_training_only_where_gradients_are_asked_for(monkeypatch):
    """On some devices its kernels differ then in the last bit, and the teacher must not."""
    model = loaded("SD 1.5")
    x, sigma, context = inputs(model, "SD 1.5")
    plain, seen = type(model.model).apply_model, []

    def watched(self, *args, **kwargs):
        seen.append(host.in_training)
        return plain(self, *args, **kwargs)

    monkeypatch.setattr(type(model.model), "apply_model", watched)
    with student(model, "SD 1.5") as (patcher, adapters):
        Network(patcher, adapters.switch, STUDENT)(x, sigma, context)
        with torch.no_grad():
            Network(patcher, adapters.switch, None)(x, sigma, context)
        # For what is computed again when gradients need it.
        seen.append(host.in_training)
    assert seen == [True, False, True] and not host.in_training


def test_the_teacher_s_guidance_is_the_sampler_s():
    """CFG in one call of both prompts, 1e-5 of the size: the host batches as it likes."""
    model = loaded("SD 1.5")
    x, sigma, context = inputs(model, "SD 1.5")
    empty = encode(model, Clip("SD 1.5"), [""], shape_of("SD 1.5"))
    with student(model, "SD 1.5") as (patcher, adapters), torch.no_grad():
        got = Network(patcher, adapters.switch, None, 3.0, empty)(x, sigma, context)
    wanted = plainly(model, x, sigma, context)
    unwanted = plainly(model, x, sigma, empty.repeated(2))
    expected = unwanted + 3.0 * (wanted - unwanted)
    assert (got - expected).abs().max() < 1e-5 * expected.abs().max()


def test_what_was_learned_is_the_student_s_matrices_less_those_it_began_with():
    """1e-5 of the size: sums of the same numbers in another order."""
    model = loaded("SD 1.5")
    x, sigma, context = inputs(model, "SD 1.5")
    with student(model, "SD 1.5") as (patcher, adapters), torch.no_grad():

        def image(name):
            return Network(patcher, adapters.switch, name)(x, sigma, context)

        def grow(times):
            for pair in adapters.pairs(STUDENT).values():
                pair.up.mul_(times)

        adapters.copy(START)
        plain = image(None)
        assert (image(LEARNED) - plain).abs().max() < 1e-5 * plain.abs().max()
        grow(3)
        learned = image(LEARNED)
        grow(2 / 3)
        assert (learned - image(STUDENT)).abs().max() < 1e-5 * learned.abs().max()
        assert (learned - plain).abs().max() > 1e-3 * plain.abs().max()
    assert not any(weight.requires_grad for weight in adapters.weights(START))


def test_paths_are_what_the_host_s_sampler_draws():
    """DDIM at CFG 2 by the host's own Euler; fp16 on disk: 2e-3 of the size."""
    model = loaded("SD 1.5")
    made = paths(model, "SD 1.5", count=1)
    sampling = model.get_model_object("model_sampling")
    sigmas = torch.cat([sampling.sigmas[made.times[:-1]], torch.zeros(1)])
    noise = torch.randn(4, 8, 8, generator=torch.Generator().manual_seed(3))[None]
    guider = comfy.samplers.CFGGuider(model)
    clip = Clip("SD 1.5")
    guider.set_conds(*(clip.encode_from_tokens_scheduled(text) for text in ("a cat", "")))
    guider.set_cfg(2.0)
    with torch.inference_mode():
        drawn = guider.sample(
            noise,
            torch.zeros_like(noise),
            comfy.samplers.sampler_object("euler"),
            sigmas,
            disable_pbar=True,
            seed=3,
        )
    drawn = model.model.process_latent_in(drawn.clone())
    assert (made.latents[0, -1].float() - drawn[0]).abs().max() < 2e-3 * drawn.abs().max()


def test_a_row_has_its_own_prompt_and_not_the_batch_s():
    """Each row of a batch is what it is alone, also where the prompts are of other lengths."""
    model = loaded("SD 1.5")
    x, sigma, _ = inputs(model, "SD 1.5")
    long = narrow.conditioning("SD 1.5", 3)
    long[0][0] = torch.cat([long[0][0]] * 9, 1) * 0.5

    class Uneven(Clip):
        def encode_from_tokens_scheduled(self, text):
            return long if text == "long" else super().encode_from_tokens_scheduled(text)

    context = encode(model, Uneven("SD 1.5"), ["a cat", "long"], shape_of("SD 1.5"))
    assert len(context.groups()) == 2
    with student(model, "SD 1.5") as (patcher, adapters), torch.no_grad():
        net = Network(patcher, adapters.switch, STUDENT)
        both = net(x, sigma, context)
        for row in range(2):
            here = slice(row, row + 1)
            alone = net(x[here], sigma[here], context[here])
            assert (both[here] - alone).abs().max() < 1e-5 * alone.abs().max()


def test_a_batch_sends_its_rows_through_the_network_once(monkeypatch):
    """Forwards a sample, a pass back counted as two: at most 3, 6 and 13."""
    model = loaded("SD 1.5")
    given = Given(paths=paths(model, "SD 1.5"))
    first = run(model, "SD 1.5", given, name="first", steps=1)
    network, rows = type(model.model), []
    plain, phases = network.apply_model, Trainer.phases

    def counted(self, x, t, **taken):
        rows.append(len(x) * (3 if torch.is_grad_enabled() else 1))
        return plain(self, x, t, **taken)

    per_step = []

    def watched(self, *args):
        rows.clear()
        yield from phases(self, *args)
        per_step.append(sum(rows) / self.batch)

    monkeypatch.setattr(network, "apply_model", counted)
    monkeypatch.setattr(Trainer, "phases", watched)
    own = Given(latents={"samples": torch.randn(2, 4, 8, 8)}, start=first.lora)
    cases = [("trajectory", 3, given), ("consistency", 6, given), ("fine-tuning", 3, own)]
    cases.append(("score", 13, Given(start=first.lora)))
    for method, most, more in cases:
        per_step.clear()
        run(model, "SD 1.5", more, method=method, name=method, batch=8, target_steps=4)
        assert 0 < max(per_step) <= most, (method, per_step)


def test_there_is_one_set_of_weights(monkeypatch):
    """Student, average, fake and teacher: of a tensor as large as a weight there is no other."""
    model = loaded("SD 1.5")
    start = run(model, "SD 1.5", Given(paths=paths(model, "SD 1.5")), name="first", steps=1).lora
    weights = {id(weight) for weight in model.model.parameters()}
    shapes = {tuple(w.shape) for w in model.model.parameters() if w.ndim > 1 and w.numel() > 4096}
    seen = []
    (rival,) = LOSSES["score"].rivals

    def pays(*args):
        gc.collect()
        mine = {w.untyped_storage().data_ptr() for w in model.model.parameters()}
        others = [
            one
            for one in gc.get_objects()
            if isinstance(one, torch.nn.Parameter)
            and tuple(one.shape) in shapes
            and one.untyped_storage().data_ptr() not in mine
        ]
        seen.append(len(others))
        return rival.pays(*args)

    watched = LOSSES["score"]._replace(rivals=(rival._replace(pays=pays),))
    monkeypatch.setitem(LOSSES, "score", watched)
    gc.collect()
    run(model, "SD 1.5", Given(start=start), method="score", steps=2)
    assert weights and shapes and seen
    baseline = sum(
        isinstance(one, torch.nn.Parameter)
        and tuple(one.shape) in shapes
        and one.untyped_storage().data_ptr()
        not in {w.untyped_storage().data_ptr() for w in model.model.parameters()}
        for one in gc.get_objects()
    )
    assert max(seen) <= baseline
