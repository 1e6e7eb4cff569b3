"""The comparison on narrow models of the host: each cell is what Few-step KSampler makes."""

import sys

import comfy.model_management
import comfy.model_patcher
import folder_paths
import narrow
import pytest
import torch
from comfy.patcher_extension import WrappersMP
from fewstep.host.sampling.comparison import Sampled
from fewstep.host.sampling.measures import measured
from fewstep.nodes.compare import FewStepCompare
from fewstep.nodes.ksampler import FewStepKSampler
from fewstep.nodes.lora_loader import FewStepLoraLoader
from fewstep.recipes import builtin_recipes

pytestmark = pytest.mark.floor
TCD = builtin_recipes()["tcd/sd15-lora"]
SEED = 42


class Vae:
    """Shows the first three channels of a latent, four times as large, and counts its calls."""

    def __init__(self):
        self.batches = []

    def decode(self, latent):
        self.batches.append(len(latent))
        picture = torch.sigmoid(latent[:, :3] / 10).repeat_interleave(4, 2).repeat_interleave(4, 3)
        return picture.movedim(1, 3)


class PaleVae(Vae):
    """Clips nothing."""

    def decode(self, latent):
        return super().decode(latent) * 0.5 + 0.25


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Call with the loader's inputs: the narrow model with a LoRA."""
    loras = tmp_path / "loras"
    narrow.write(loras, "a.safetensors", narrow.lora("SD 1.5", "kohya"))
    known = folder_paths.folder_names_and_paths
    monkeypatch.setitem(known, "loras", ([str(loras)], {".safetensors"}))
    monkeypatch.setattr(folder_paths, "filename_list_cache", {})
    monkeypatch.setattr(folder_paths, "get_user_directory", lambda: str(tmp_path / "user"))

    def run(**inputs):
        given = {"strength": 1.0, "recipe": "auto", "apply": "merge", "step_strengths": ""}
        model = inputs.pop("model", narrow.patcher("SD 1.5"))
        return FewStepLoraLoader.execute(model, "a.safetensors", **{**given, **inputs}).result[0]

    return run


def given(model, latent=None):
    latent = {"samples": torch.zeros(1, 4, 8, 8)} if latent is None else latent
    return model, narrow.conditioning("SD 1.5"), narrow.conditioning("SD 1.5", 10), latent


def compared(model, vae=None, latent=None, recipe=TCD, **lists):
    lists = {"steps": "2", "gammas": "-1", "cfgs": "0", **lists}
    result = FewStepCompare.execute(
        *given(model, latent), vae or Vae(), SEED, **lists, recipe=recipe
    )
    return result.result


def alone(model, steps=2, cfg=0.0, gamma=-1, denoise=1.0, latent=None):
    recipe = TCD.changed(0, 0, gamma, -1)
    result = FewStepKSampler.execute(
        *given(model, latent), SEED, steps, cfg, denoise, "seed + index", recipe
    )
    return Vae().decode(result.result[0]["samples"])[0]


def counted(model):
    """The model, and a list of the latents' numbers its network is asked for from now on."""
    calls = []
    model = model.clone()

    def count(run, x, *args, **kwargs):
        calls.append(len(x))
        return run(x, *args, **kwargs)

    model.add_wrapper_with_key(WrappersMP.APPLY_MODEL, "test", count)
    return model, calls


def test_each_cell_is_what_the_ksampler_makes_bit_for_bit():
    model = narrow.patcher("SD 1.5")
    batch = compared(model, steps="1, 2", gammas="0, 0.7", cfgs="1, 2")[1]
    cells = [(cfg, n, gamma) for cfg in (1.0, 2.0) for n in (1, 2) for gamma in (0.0, 0.7)]
    assert len(batch) == len(cells)
    for picture, (cfg, steps, gamma) in zip(batch, cells, strict=True):
        assert torch.equal(picture, alone(model, steps, cfg, gamma))


def test_a_picture_to_work_on_keeps_its_mask_and_its_denoise():
    model = narrow.patcher("SD 1.5")
    samples = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 32:] = 1
    latent = {"samples": samples, "noise_mask": mask, "batch_index": [5]}
    batch = compared(model, latent=latent, steps="1, 3", denoise=0.6)[1]
    for picture, steps in zip(batch, (1, 3), strict=True):
        assert torch.equal(picture, alone(model, steps, denoise=0.6, latent=latent))
    assert torch.allclose(batch[0, :, :16], Vae().decode(samples)[0, :, :16], atol=1e-6)


@pytest.mark.parametrize("apply", ["merge", "live"])
def test_a_strength_is_the_loader_s_slider(apply, load):
    batch = compared(load(apply=apply, strength=0.8), strengths="0, 0.5, 1")[1]
    for picture, strength in zip(batch, (0.0, 0.5, 1.0), strict=True):
        assert torch.equal(picture, alone(load(apply=apply, strength=strength)))
    assert not torch.allclose(batch[0], batch[1], atol=1e-3)


def test_strengths_scale_the_strengths_of_each_step(load):
    model = load(apply="live", step_strengths="1, 0.5")
    batch = compared(model, strengths="0.6, 1.2")[1]
    listed = load(apply="live", strength=1.2, step_strengths="1, 0.5")
    assert torch.equal(batch[1], alone(listed))


@pytest.mark.parametrize("apply", ["merge", "live"])
def test_a_style_lora_after_the_accelerator_stays(apply, load):
    style = narrow.lora("SD 1.5", "kohya", seed=2)

    def both(strength):
        loaded = load(apply=apply, strength=strength)
        return comfy.sd.load_lora_for_models(loaded, None, style, 0.8, 0)[0]

    batch = compared(both(1.0), strengths="0.4, 1")[1]
    assert torch.equal(batch[0], alone(both(0.4)))


def test_the_model_that_comes_in_is_not_changed(load):
    for apply in ("merge", "live"):
        model = load(apply=apply)
        before = alone(model)
        compared(model, strengths="0, 0.5")
        assert torch.equal(alone(model), before)


@pytest.mark.parametrize(("apply", "most"), [("merge", 2), ("live", 0)])
def test_weights_are_patched_once_for_a_strength_and_never_live(apply, most, load, monkeypatch):
    model = load(apply=apply)
    comfy.model_management.load_models_gpu([load(apply="live", strength=0.1)])
    patched = []
    original = comfy.model_patcher.ModelPatcher.patch_weight_to_device

    def count(self, key, *args, **kwargs):
        patched.append(key)
        return original(self, key, *args, **kwargs)

    monkeypatch.setattr(comfy.model_patcher.ModelPatcher, "patch_weight_to_device", count)
    compared(model, strengths="0.5, 1", gammas="0, 0.3, 1", steps="1, 2")
    assert max((patched.count(key) for key in set(patched)), default=0) <= most


def test_12_cells_ask_the_model_no_more_than_12_runs_do():
    """The issue allows 1.03 times as much."""
    settings = [
        (steps, gamma, cfg) for steps in (1, 2, 4) for gamma in (0.0, 1.0) for cfg in (1, 2)
    ]
    model, calls = counted(narrow.patcher("SD 1.5"))
    for steps, gamma, cfg in settings:
        alone(model, steps, cfg, gamma)
    singly = sum(calls)
    model, calls = counted(narrow.patcher("SD 1.5"))
    batch = compared(model, steps="1, 2, 4", gammas="0, 1", cfgs="1, 2")[1]
    assert len(batch) == 12
    assert sum(calls) == singly == 2 * (1 + 2) * (1 + 2 + 4)


def test_pictures_are_decoded_one_by_one_and_stay_on_the_cpu():
    vae = Vae()
    sheet, batch, _ = compared(narrow.patcher("SD 1.5"), vae, steps="1, 2, 3")
    assert vae.batches == [1, 1, 1]
    assert batch.shape == (3, 32, 32, 3) and batch.device.type == "cpu"
    assert sheet.shape[0] == 1 and sheet.shape[3] == 3
    assert 0 <= float(sheet.min()) and float(sheet.max()) <= 1


def test_one_bar_of_progress_goes_over_all_cells(monkeypatch):
    seen = []
    monkeypatch.setattr(
        comfy.utils, "PROGRESS_BAR_HOOK", lambda value, total, *_, **__: seen.append((value, total))
    )
    monkeypatch.setattr(comfy.utils, "PROGRESS_THROTTLE_MIN_INTERVAL", 0)
    compared(narrow.patcher("SD 1.5"), steps="1, 2, 4")
    assert [value for value, _ in seen] == list(range(1, 11))
    assert {total for _, total in seen} == {10}


@pytest.mark.parametrize("stage", ["sampling", "decoding"])
def test_it_can_be_stopped_between_steps_and_between_pictures(stage, monkeypatch):
    vae, values = Vae(), []

    def hook(value, *_, **__):
        values.append(value)
        if value == (2 if stage == "sampling" else 7):
            comfy.model_management.interrupt_current_processing()
        if stage == "sampling":
            # As the server's own hook does.
            comfy.model_management.throw_exception_if_processing_interrupted()

    monkeypatch.setattr(comfy.utils, "PROGRESS_BAR_HOOK", hook)
    monkeypatch.setattr(comfy.utils, "PROGRESS_THROTTLE_MIN_INTERVAL", 0)
    with pytest.raises(comfy.model_management.InterruptProcessingException):
        compared(narrow.patcher("SD 1.5"), vae, steps="2, 4")
    assert values[-1] == (2 if stage == "sampling" else 7)
    assert vae.batches == ([] if stage == "sampling" else [1])


def test_measuring_is_off_by_default_and_then_nothing_is_measured(monkeypatch):
    """Not even loaded: kornia takes most of a second."""
    monkeypatch.setitem(sys.modules, "kornia.metrics", None)
    monkeypatch.setattr("fewstep.nodes.compare.measured", None)
    model = narrow.patcher("SD 1.5")
    report = compared(model, steps="1, 2")[2]
    assert report == "Turn on similarity to see how near each picture is to a reference."
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "kornia.metrics", None)
    with pytest.raises(ImportError):
        compared(model, steps="1, 2", similarity=True)


def test_measuring_asks_model_and_vae_no_more_and_changes_no_picture():
    runs = []
    for similarity in (False, True):
        vae, (model, calls) = Vae(), counted(narrow.patcher("SD 1.5"))
        sheet, batch, report = compared(model, vae, steps="1, 2, 3", similarity=similarity)
        runs.append((batch, len(calls), vae.batches, report))
    (plain, *before, _), (marked, *after, report) = runs
    assert torch.equal(plain, marked) and before == after
    assert report.splitlines()[-1].startswith("3 steps: 3 model calls, reference")
    assert "1 step: 1 model call, SSIM 0." in report


def test_of_settings_that_differ_in_nothing_the_picture_is_the_same_and_the_cheapest_is_framed():
    """At 1 step gamma has no effect."""
    sheet, _, report = compared(
        narrow.patcher("SD 1.5"),
        PaleVae(),
        steps="1",
        gammas="0, 0.5",
        similarity=True,
        reference="gamma 0.5",
    )
    assert "gamma 0: 1 model call, SSIM 1.00" in report
    frame = torch.tensor([0x0A, 0x8A, 0x3F]) / 255
    assert (sheet - frame).abs().sum(-1).lt(1e-3).any()


def test_blur_loses_edges_and_burnt_is_what_is_clipped_in_colour_or_has_a_strong_latent():
    """Of a picture with itself all are 1, and none of it is clipped."""
    clear = torch.rand(1, 64, 64, 3, generator=torch.Generator().manual_seed(1)) * 0.5 + 0.2
    soft = torch.nn.functional.avg_pool2d(clear.movedim(3, 1), 5, 1, 2).movedim(1, 3)
    red = clear.clone()
    red[:, :16] = torch.tensor([1.0, 0.1, 0.0])
    white = clear.clone()
    white[:, :16] = 1.0
    latents = [torch.ones(1, 4, 8, 8)] * 4 + [torch.full((1, 4, 1, 8, 8), 1.5)]
    made = [Sampled(latent, 0.0) for latent in latents]
    same, blurred, burnt, bright, strong = measured(
        torch.cat([clear, soft, red, white, clear]), made, 0
    )
    assert same == pytest.approx((1, 0, 1, 1), abs=1e-4)
    assert blurred.similarity < 0.9 and blurred.sharpness < 0.5
    assert burnt.clipped == pytest.approx(0.25) and burnt.faults == ["burnt"]
    assert bright.clipped == 0
    assert strong.latent == pytest.approx(1.5, rel=1e-3) and strong.faults == ["burnt"]


@pytest.mark.parametrize("shade", [0.0, 0.5, 1.0])
def test_flat_pictures_are_measured_too(shade):
    flat = torch.full((2, 8, 8, 3), shade)
    made = [Sampled(torch.zeros(1, 4, 1, 1), 0.0)] * 2
    for found in measured(flat, made, 1):
        assert found == pytest.approx((1, 0, 1, 1), abs=1e-3)


MISTAKES = {
    "no recipe": ({"recipe": None}, "does not know the accelerator"),
    "a batch": (
        {"latent": {"samples": torch.zeros(2, 4, 8, 8)}},
        "batch of 2. Set batch_size to 1",
    ),
    "a video": ({"latent": {"samples": torch.zeros(1, 4, 3, 8, 8)}}, "this latent is a video"),
    "strengths without a LoRA": ({"strengths": "0.5, 1"}, "needs a LoRA from Load acceleration"),
    "a reference that is not there": (
        {"similarity": True, "reference": "9 steps"},
        "No picture of this comparison is",
    ),
    "denoise too low": ({"denoise": 0.01}, "too low for a single step"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_before_anything_is_sampled(mistake):
    inputs, told = MISTAKES[mistake]
    model, calls = counted(narrow.patcher("SD 1.5"))
    with pytest.raises(ValueError, match=told) as error:
        compared(model, **inputs)
    assert str(error.value).endswith(".") and not calls


def test_a_vae_that_is_missing_is_told_before_anything_is_sampled():
    model, calls = counted(narrow.patcher("SD 1.5"))
    with pytest.raises(ValueError, match="has no VAE"):
        FewStepCompare.execute(*given(model), None, SEED, "1", "-1", "0", TCD)
    assert not calls
