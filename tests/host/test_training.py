"""Training on narrow models: what is left as it was, what goes on, what the file is."""

import gc
import signal
import subprocess
import sys
from pathlib import Path

import comfy.lora
import comfy.model_management as host
import comfy.sd
import comfy.utils
import folder_paths
import narrow
import pytest
import torch
from fewstep.distil import LOSSES
from fewstep.distil.trainer import Trainer
from fewstep.host.accelerator import accelerator_of
from fewstep.host.lora.load import load_lora
from fewstep.host.training import previews
from fewstep.host.training.adapters import STUDENT
from fewstep.host.training.asked import Given
from fewstep.host.training.blocks import Checkpoints, KeptInputs, layers_of
from fewstep.host.training.conditions import encode
from fewstep.host.training.network import Network
from fewstep.host.training.saving import save_accelerator
from training_runs import Clip, inputs, loaded, looks, output, paths, run, shape_of, student

BASES = ("SD 1.5", "SDXL", "SD 2.1", "SD3", "FLUX.1")
bases = pytest.mark.parametrize("base", BASES)
pytestmark = pytest.mark.floor


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """An empty user directory and an empty folder of LoRAs."""
    (tmp_path / "loras").mkdir()
    known = folder_paths.folder_names_and_paths
    monkeypatch.setitem(known, "loras", ([str(tmp_path / "loras")], {".safetensors"}))
    monkeypatch.setattr(folder_paths, "filename_list_cache", {})
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path / "user"))
    monkeypatch.setattr(previews, "_TEACHER_STEPS", 1)
    return tmp_path


def plainly(model, x, sigma, context):
    """The model as sampling calls it, in the host's inference mode."""
    ((_, taken),) = context.groups()
    with torch.inference_mode():
        return model.model.apply_model(x, sigma, **taken, transformer_options={}).clone()


@bases
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


@bases
@pytest.mark.parametrize("method", ["trajectory", "consistency", "score"])
def test_all_is_as_it_was_after_a_run(base, method):
    model = loaded(base)
    picture = output(model, base)
    before = looks(model)
    given = Given(paths=paths(model, base))
    if method == "score":
        given = Given(start=run(model, base, given, name="first", steps=1).lora)
    made = run(model, base, given, method=method)
    assert len(made.losses) == 3 and all(loss == loss for loss in made.losses)
    assert looks(model) == before
    assert torch.equal(output(model, base), picture)
    assert not torch.equal(output(made.model, base), picture)


def breaking(monkeypatch, error, at=2):
    """Raises `error` in step `at`, after the student's pass through the network."""
    plain, calls = LOSSES["trajectory"].student, []

    def student(*args):
        taught = plain(*args)
        calls.append(1)
        if len(calls) == at:
            raise error
        return taught

    monkeypatch.setitem(LOSSES, "trajectory", LOSSES["trajectory"]._replace(student=student))


@pytest.mark.parametrize(
    "error", [ValueError("no"), host.InterruptProcessingException(), KeyboardInterrupt()]
)
def test_all_is_as_it_was_after_an_error(monkeypatch, error):
    model = loaded("SD 1.5")
    picture, before = output(model, "SD 1.5"), looks(model)
    given = Given(paths=paths(model, "SD 1.5"))
    breaking(monkeypatch, error)
    with pytest.raises(type(error)):
        run(model, "SD 1.5", given)
    assert looks(model) == before
    assert torch.equal(output(model, "SD 1.5"), picture)


def test_out_of_memory_ends_in_a_sentence_and_leaves_all_as_it_was(monkeypatch):
    model = loaded("SD 1.5")
    picture, before = output(model, "SD 1.5"), looks(model)
    given = Given(paths=paths(model, "SD 1.5"))
    sizes = []

    def student(nets, times, plan, rows):
        sizes.append(len(rows.x))
        raise MemoryError

    monkeypatch.setitem(LOSSES, "trajectory", LOSSES["trajectory"]._replace(student=student))
    with pytest.raises(ValueError, match="memory is too small"):
        run(model, "SD 1.5", given, batch=4)
    # Half of the rows, a quarter, and once more with blocks computed twice.
    assert sizes == [4, 2, 1, 1]
    assert looks(model) == before
    assert torch.equal(output(model, "SD 1.5"), picture)


def test_a_run_that_was_short_of_memory_learns_the_same(monkeypatch):
    """In parts, and with blocks computed twice: the same picture to 1 % of what it learned."""
    model = loaded("SD 1.5")
    given = Given(paths=paths(model, "SD 1.5"))
    whole = run(model, "SD 1.5", given, batch=4, name="whole")
    plain, failed = LOSSES["trajectory"].student, []

    def student(nets, times, plan, rows):
        if len(failed) < 3:
            failed.append(1)
            raise MemoryError
        return plain(nets, times, plan, rows)

    monkeypatch.setitem(LOSSES, "trajectory", LOSSES["trajectory"]._replace(student=student))
    parts = run(model, "SD 1.5", given, batch=4, name="parts")
    assert "1 pictures at a time" in parts.report and "computed twice" in parts.report
    expected = output(whole.model, "SD 1.5")
    change = (expected - output(model, "SD 1.5")).abs().max()
    assert (output(parts.model, "SD 1.5") - expected).abs().max() < 0.01 * change


@bases
def test_gradients_are_the_same_with_blocks_computed_twice(base):
    """With another network switched on before the gradients are asked for; 1e-5 of their size."""
    model = loaded(base)
    x, sigma, context = inputs(model, base)
    found = []
    for twice in (False, True):
        with student(model, base) as (patcher, adapters):
            kept = KeptInputs(patcher.model)
            kept.start()
            checkpoints = Checkpoints(patcher.model, adapters.switch)
            if twice:
                checkpoints.start()
            try:
                image = Network(patcher, adapters.switch, STUDENT)(x, sigma, context)
                with torch.no_grad():
                    Network(patcher, adapters.switch, None)(x, sigma, context)
                found.append(torch.autograd.grad(image.square().mean(), adapters.weights(STUDENT)))
            finally:
                checkpoints.stop()
                kept.stop()
    largest = max(float(one.abs().max()) for one in found[0])
    for plain, again in zip(*found, strict=True):
        assert (plain - again).abs().max() <= 1e-5 * largest


@bases
def test_gradients_are_how_the_loss_changes(base):
    """Along one direction of all weights: differences of the loss itself, to 2 %."""
    model = loaded(base)
    x, sigma, context = inputs(model, base)
    with student(model, base) as (patcher, adapters):
        kept = KeptInputs(patcher.model)
        kept.start()
        net, weights = Network(patcher, adapters.switch, STUDENT), adapters.weights(STUDENT)
        found = torch.autograd.grad(net(x, sigma, context).square().mean(), weights)
        size = sum(one.square().sum() for one in found).sqrt()
        step = 1e-2
        losses = []
        for sign in (1, -1):
            with torch.no_grad():
                for weight, gradient in zip(weights, found, strict=True):
                    weight.add_(gradient, alpha=sign * step / float(size))
                losses.append(net(x, sigma, context).double().square().mean())
                for weight, gradient in zip(weights, found, strict=True):
                    weight.sub_(gradient, alpha=sign * step / float(size))
        kept.stop()
    slope = float(losses[0] - losses[1]) / (2 * step)
    assert abs(slope / float(size) - 1) < 0.02


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
    """Forwards a sample, a pass back counted as two: at most 3, 7 and 13."""
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
    for method, most in (("trajectory", 3), ("consistency", 7), ("score", 13)):
        per_step.clear()
        more = Given(start=first.lora) if method == "score" else given
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


def test_a_cancelled_run_goes_on_and_ends_as_one_that_never_stopped(monkeypatch):
    model = loaded("SD 1.5")
    given = Given(paths=paths(model, "SD 1.5"))
    whole = run(model, "SD 1.5", given, name="whole", steps=4)
    with monkeypatch.context() as patch:
        breaking(patch, host.InterruptProcessingException(), at=3)
        with pytest.raises(host.InterruptProcessingException):
            run(model, "SD 1.5", given, steps=4)
    made = run(model, "SD 1.5", given, steps=4)
    assert "Went on from step 2." in made.report
    assert made.losses == whole.losses
    assert all(torch.equal(made.lora[key], whole.lora[key]) for key in whole.lora)
    again = run(model, "SD 1.5", given, steps=4)
    assert all(torch.equal(again.lora[key], whole.lora[key]) for key in whole.lora)


def test_other_settings_are_refused_by_name():
    model = loaded("SD 1.5")
    given = Given(paths=paths(model, "SD 1.5"))
    run(model, "SD 1.5", given, steps=1)
    for field, value in (("learning_rate", 1e-2), ("cfg", 3.0), ("prompts", "a bird"), ("seed", 6)):
        with pytest.raises(ValueError, match=f"mine was begun with {field} "):
            run(model, "SD 1.5", given, **{"steps": 1, field: value})
    run(model, "SD 1.5", given, steps=1, preview_every=3, save_every=7)
    other = loaded("SD 1.5")
    next(other.model.diffusion_model.parameters()).data.mul_(1.5)
    with pytest.raises(ValueError, match="with teacher "):
        run(other, "SD 1.5", given, steps=1)


def test_nan_stops_at_the_last_good_step(monkeypatch):
    model = loaded("SD 1.5")
    given = Given(paths=paths(model, "SD 1.5"))
    good = run(model, "SD 1.5", given, steps=4, name="good")
    plain, calls = LOSSES["trajectory"].student, []

    def student(*args):
        calls.append(1)
        taught = plain(*args)
        return taught if len(calls) < 3 else taught._replace(loss=taught.loss * float("nan"))

    monkeypatch.setitem(LOSSES, "trajectory", LOSSES["trajectory"]._replace(student=student))
    made = run(model, "SD 1.5", given, steps=4)
    assert "Stopped after 2 good steps" in made.report and "learning_rate" in made.report
    assert made.losses == good.losses[:2]
    assert all(torch.isfinite(value).all() for value in made.lora.values())
    assert "Stopped after 2 good steps" in run(model, "SD 1.5", given, steps=4).report


def test_paths_go_on_where_they_stopped(monkeypatch):
    model = loaded("SD 1.5")
    whole = paths(model, "SD 1.5", count=20, name="whole")
    plain, calls = host.throw_exception_if_processing_interrupted, []

    def stops():
        calls.append(1)
        if len(calls) == 12:
            raise host.InterruptProcessingException
        plain()

    with monkeypatch.context() as patch:
        patch.setattr(host, "throw_exception_if_processing_interrupted", stops)
        with pytest.raises(host.InterruptProcessingException):
            paths(model, "SD 1.5", count=20)
    assert 8 < len(calls)
    made = paths(model, "SD 1.5", count=20)
    assert torch.equal(made.latents, whole.latents) and made.prompts == whole.prompts
    with pytest.raises(ValueError, match="mine was begun with cfg "):
        paths(model, "SD 1.5", count=20, cfg=3.0)


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


@bases
def test_the_file_is_what_was_trained(base, folders):
    """Core matches every key, our loader finds the recipe, and both draw as the node's MODEL."""
    model = loaded(base)
    made = run(model, base, Given(paths=paths(model, base)), learning_rate=1e-2)
    name = save_accelerator(made.lora, made.recipe, "made/mine", "for me")
    assert name == "made/mine-001.safetensors" and name in folder_paths.get_filename_list("loras")
    tensors = comfy.utils.load_torch_file(str(folders / "loras" / name))
    keys = comfy.lora.model_lora_keys_unet(model.model, {})
    patches = comfy.lora.load_lora(dict(tensors), keys)
    assert len(patches) * 3 == len(tensors) and len(patches) == len(layers_of(model.model))
    for module in {key.rsplit(".lora_", 1)[0] for key in tensors if ".lora_" in key}:
        assert float(tensors[f"{module}.alpha"]) == len(tensors[f"{module}.lora_down.weight"])
    core, _ = comfy.sd.load_lora_for_models(model, None, tensors, 1.0, 0.0)
    ours = load_lora(model, name, 1.0, "auto", "merge", [])
    assert ours.recipe.id == "made/mine" and "its own metadata" in ours.report
    expected = output(made.model, base)
    assert torch.equal(output(core, base), expected)
    assert torch.equal(output(ours.model, base), expected)
    assert accelerator_of(made.model).recipe == made.recipe


def test_the_file_says_how_it_was_made_and_none_is_written_over(folders):
    from safetensors import safe_open

    model = loaded("SD 1.5")
    made = run(model, "SD 1.5", Given(paths=paths(model, "SD 1.5")), target_steps=0)
    names = [save_accelerator(made.lora, made.recipe, "mine", "") for _ in range(2)]
    assert names == ["mine-001.safetensors", "mine-002.safetensors"]
    with safe_open(folders / "loras" / names[1], "pt") as file:
        told = file.metadata()
    assert told["fewstep.recipe"] == "made/mine" and told["fewstep.method"] == "trajectory"
    assert told["fewstep.target_steps"] == "unified" and "unified" in made.recipe.name
    assert (made.recipe.steps.low, made.recipe.steps.high) == (1, 8)
    for field in ("teacher", "cfg", "timesteps", "seed", "steps", "start", "start_licence"):
        assert f"fewstep.{field}" in told, field
    with pytest.raises(ValueError, match="filename_prefix"):
        save_accelerator(made.lora, made.recipe, "../outside", "")
    assert [*folders.glob("*.safetensors")] == []


def test_a_start_keeps_its_recipe_and_licence(folders):
    """A LoRA that is repaired samples as before, and its licence carries over."""
    model = loaded("SD 1.5")
    tensors = narrow.lora("SD 1.5", "kohya")
    from safetensors.torch import save_file

    save_file(tensors, folders / "loras" / "old.safetensors", {"fewstep.recipe": "tcd/sd15-lora"})
    made = run(model, "SD 1.5", start_lora="old.safetensors", method="repair")
    assert made.recipe.sampler == "tcd" and made.recipe.licence == "MIT"
    assert "MIT" in made.report and made.lora.provenance["start_recipe"] == "tcd/sd15-lora"
    # alpha 2 of rank 4, folded in: what is trained begins as the file at strength 1.
    unchanged = run(
        model,
        "SD 1.5",
        start_lora="old.safetensors",
        method="repair",
        name="still",
        steps=1,
        learning_rate=1e-7,
    )
    was = comfy.sd.load_lora_for_models(model, None, dict(tensors), 1.0, 0.0)[0]
    expected = output(was, "SD 1.5")
    close = (output(unchanged.model, "SD 1.5") - expected).abs().max()
    assert close < 2e-3 * expected.abs().max()
    assert {key for key in made.lora if "lora_" in key} == {key for key in tensors}


def test_stages_chain():
    model = loaded("SD 1.5")
    given = Given(paths=paths(model, "SD 1.5"))
    first = run(model, "SD 1.5", given, name="first")
    second = run(model, "SD 1.5", Given(start=first.lora), method="score", name="second")
    assert second.lora.provenance["start"] == "first"
    assert second.recipe.id == "made/second"
    both = run(model, "SD 1.5", given._replace(start=first.lora), method="repair", name="both")
    assert len(both.losses) == 3


_KILLED = """
import os, signal, sys
sys.path[:0] = [{tests!r}, {host!r}]
import types
pack = types.ModuleType("fewstep"); pack.__path__ = [{root!r}]; sys.modules["fewstep"] = pack
import comfy.cli_args; comfy.cli_args.args.cpu = True
import torch; torch.set_num_threads(1)
import folder_paths
folder_paths.get_user_directory = lambda: {user!r}
import training_runs
from fewstep.distil import LOSSES
from fewstep.host.training import previews
from fewstep.host.training.asked import Given
previews._TEACHER_STEPS = 1
model = training_runs.loaded("SD 1.5")
given = Given(paths=training_runs.paths(model, "SD 1.5"))
plain, calls = LOSSES["trajectory"].student, []
def student(*args):
    calls.append(1)
    if len(calls) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(*args)
LOSSES["trajectory"] = LOSSES["trajectory"]._replace(student=student)
training_runs.run(model, "SD 1.5", given, steps=5, save_every=2)
"""


def test_a_killed_run_goes_on_from_its_last_save(root, folders):
    """SIGKILL in the fourth step, with a save every two: it ends as one that never stopped."""
    program = _KILLED.format(
        tests=str(root / "tests" / "host"),
        host=str(Path(folder_paths.__file__).parent),
        root=str(root),
        user=str(folders / "user"),
    )
    ended = subprocess.run([sys.executable, "-c", program], timeout=300)
    assert ended.returncode == -signal.SIGKILL
    model = loaded("SD 1.5")
    given = Given(paths=paths(model, "SD 1.5"))
    made = run(model, "SD 1.5", given, steps=5)
    assert "Went on from step 2." in made.report
    whole = run(model, "SD 1.5", given, steps=5, name="whole")
    assert made.losses == whole.losses
    assert all(torch.equal(made.lora[key], whole.lora[key]) for key in whole.lora)
