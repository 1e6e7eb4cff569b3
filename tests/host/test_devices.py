"""Devices that are not CUDA: without float64, with errors of their own; and nested latents."""

import comfy.model_management
import comfy.nested_tensor
import comfy.sample
import fakes
import pytest
import torch
from comfy import model_sampling as host
from comfy_extras.nodes_custom_sampler import Noise_RandomNoise
from fewstep.host import weight_files
from fewstep.host.out_of_memory import is_out_of_memory
from fewstep.host.sampling.levels import curve_of, read_levels, schedule, training_steps
from fewstep.host.sampling.noise import ImageNoise
from fewstep.host.sampling.samplers import HOST_SAMPLE, make_sampler
from fewstep.host.sampling.ways import walk_of
from torch.utils._python_dispatch import TorchDispatchMode

pytestmark = pytest.mark.floor
KINDS = {
    "eps": (host.EPS, host.ModelSamplingDiscrete),
    "v": (host.V_PREDICTION, host.ModelSamplingDiscrete),
    "flow": (host.CONST, host.ModelSamplingDiscreteFlow),
}


class OnDevice(torch.Tensor):
    """A tensor on a device without float64, which only a copy to the CPU takes off it."""

    calls = 0

    @staticmethod
    def __new__(cls, inner):
        made = torch.Tensor._make_wrapper_subclass(
            cls, inner.shape, dtype=inner.dtype, device=torch.device("meta"), strides=inner.stride()
        )
        made.inner = inner
        return made

    def __init__(self, inner):
        pass

    def tolist(self):
        return self.inner.tolist()

    @classmethod
    def __torch_dispatch__(cls, op, _types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        OnDevice.calls += 1
        wanted = kwargs.get("dtype")
        to_cpu = kwargs.get("device") is not None and torch.device(kwargs["device"]).type == "cpu"
        if wanted is torch.float64 and not to_cpu:
            raise TypeError(f"{op}: this device has no float64")
        if kwargs.get("device") is not None and torch.device(kwargs["device"]).type == "meta":
            kwargs["device"] = torch.device("cpu")
        tree = torch.utils._pytree
        args, kwargs = tree.tree_map_only(OnDevice, lambda one: one.inner, (args, kwargs))
        made = op(*args, **kwargs)
        for one in tree.tree_leaves(made):
            if isinstance(one, torch.Tensor) and one.dtype is torch.float64 and not to_cpu:
                raise TypeError(f"{op}: this device has no float64")
        if to_cpu:
            return made
        return tree.tree_map_only(torch.Tensor, OnDevice, made)


class ToDevice(TorchDispatchMode):
    """Copies to the device become tensors on it."""

    def __torch_dispatch__(self, op, _types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        target = kwargs.get("device")
        if target is None or torch.device(target).type != "meta":
            return op(*args, **kwargs)
        made = op(*args, **{**kwargs, "device": torch.device("cpu")})
        assert made.dtype is not torch.float64, "this device has no float64"
        return OnDevice(made)


def on_device(kind):
    """A `model_sampling` object whose levels are on such a device."""
    prediction, base = KINDS[kind]
    sampling = fakes.model_sampling(prediction, base)
    for name in ("sigmas", "log_sigmas"):
        if name in dict(sampling.named_buffers()):
            levels = getattr(sampling, name)
            delattr(sampling, name)
            setattr(sampling, name, OnDevice(levels))
    return sampling


def test_the_stand_in_refuses_float64():
    levels = OnDevice(torch.ones(3))
    assert levels.cpu().double().dtype is torch.float64
    assert (levels + 1).cpu().tolist() == [2, 2, 2]
    with pytest.raises(TypeError, match="no float64"):
        levels.double()


@pytest.mark.parametrize("kind", KINDS)
def test_levels_are_read_without_float64_on_the_device(kind):
    sampling = on_device(kind)
    model = fakes.Patcher(sampling)
    plain = fakes.Patcher(fakes.model_sampling(*KINDS[kind]))
    assert type(read_levels(sampling)) is type(read_levels(plain.sampling))
    times = [999, 759, 499, 259]
    assert torch.equal(schedule(times, model), schedule(times, plain))
    assert curve_of(model) == curve_of(plain)
    assert training_steps(model) == 1000
    levels = schedule(times, model).tolist()
    for name in ("tcd", "lcm", "ddim"):
        sampler = make_sampler(name)
        assert walk_of(sampler, levels, model).ways == walk_of(sampler, levels, plain).ways


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["tcd", "lcm", "ddim"])
def test_samplers_run_without_float64_on_the_device(kind, name):
    class Model:
        inner_model = type("Inner", (), {"model_patcher": fakes.Patcher(on_device(kind))})

        def __call__(self, x, sigma, **_):
            return x * 0.1

    sigmas = schedule([999, 759, 499, 259], Model.inner_model.model_patcher)
    noise = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    extra = {"seed": 3}
    plain = HOST_SAMPLE[name](Model(), noise, sigmas, extra, disable=True)
    with ToDevice():
        moved = HOST_SAMPLE[name](Model(), OnDevice(noise), OnDevice(sigmas), extra, disable=True)
    assert torch.allclose(moved.cpu(), plain)


def test_no_copy_is_under_way_when_its_source_is_let_go(monkeypatch):
    """Asked of every copy while a run draws its noise."""
    copies = []
    whole = torch.Tensor.to

    def watched(tensor, *args, **kwargs):
        copies.append(kwargs.get("non_blocking", False))
        return whole(tensor, *args, **kwargs)

    monkeypatch.setattr(torch.Tensor, "to", watched)
    noise = torch.randn(2, 4, 8, 8)
    sampling = fakes.model_sampling(host.EPS)
    guider = fakes.Guider(sampling, fakes.smooth_network())
    fakes.run(make_sampler("lcm"), guider, schedule([999, 499], fakes.Patcher(sampling)), noise)
    assert copies and not any(copies)


# Latents of audio with video, as LTX-AV and MiniMax H3 have them: the parts of one image.
NESTED = {"LTX": [(128, 3, 8, 8), (8, 25, 16)], "H3": [(16, 4, 8, 8), (64, 50)]}


@pytest.mark.parametrize("shapes", NESTED.values(), ids=NESTED)
def test_the_parts_of_a_nested_latent_have_noise_of_one_stream(shapes):
    def latent(count):
        parts = [torch.zeros(count, *shape) for shape in shapes]
        return {"samples": comfy.nested_tensor.NestedTensor(parts)}

    batch = ImageNoise(40).generate_noise(latent(3)).unbind()
    for k in range(3):
        single = Noise_RandomNoise(40 + k).generate_noise(latent(1)).unbind()
        for part, alone in zip(batch, single, strict=True):
            assert torch.equal(part[k : k + 1], alone)
    first, second = (part[0].flatten()[:1000] for part in batch)
    length = min(len(first), len(second))
    assert not torch.allclose(first[:length], second[:length])


@pytest.mark.parametrize("count", [1, 3])
def test_torch_s_own_stream_is_left_as_the_host_leaves_it(count):
    """Nodes that draw from it, as ToMe and HyperTile do, then draw the same for the same seed."""
    ImageNoise(5).generate_noise({"samples": torch.zeros(count, 4, 8, 8)})
    after = torch.rand(4)
    Noise_RandomNoise(5).generate_noise({"samples": torch.zeros(1, 4, 8, 8)})
    assert torch.equal(after, torch.rand(4))


class _Device(getattr(torch, "AcceleratorError", RuntimeError)):
    error_code = 2


OUT_OF_MEMORY = [MemoryError(), torch.OutOfMemoryError("CUDA out of memory")]
if hasattr(comfy.model_management, "is_oom"):
    OUT_OF_MEMORY.append(_Device("out of memory"))


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=lambda error: type(error).__name__)
def test_out_of_memory_stays_out_of_memory(error, tmp_path, monkeypatch):
    def full(*_, **__):
        raise error

    monkeypatch.setattr(weight_files.comfy.utils, "load_torch_file", full)
    assert is_out_of_memory(error) and not is_out_of_memory(ValueError("x"))
    with pytest.raises(type(error)):
        weight_files.read_data(tmp_path / "a.pt", "a.pt")
