"""Models whose weights are not the numbers they stand for: the host's own, and packed ones."""

import json

import comfy.lora
import comfy.model_patcher
import comfy.ops
import narrow
import torch

BASE = "FLUX.1"
# Names of the host's formats.
FORMATS = ("nvfp4", "mxfp8", "int8_tensorwise", "float8_e4m3fn")
_PACK = 4


def _is_quantised(name, weight):
    return "blocks." in name and weight.ndim == 2 and not any(size % 16 for size in weight.shape)


def by_the_host(kind):
    """The narrow model with weights of one of FORMATS, and a plain one with the same numbers."""
    from comfy.ops import mixed_precision_ops
    from comfy.quant_ops import QUANT_ALGOS, QuantizedTensor

    layout = QUANT_ALGOS[kind]["comfy_tensor_layout"]
    mark = torch.tensor(list(json.dumps({"format": kind}).encode()), dtype=torch.uint8)
    stored, plain = {}, {}
    for name, weight in narrow.patcher(BASE).model.diffusion_model.state_dict().items():
        plain[name] = stored[name] = weight.clone()
        if _is_quantised(name, weight):
            made = QuantizedTensor.from_float(weight, layout)
            plain[name] = made.dequantize()
            stored.pop(name)
            stored |= made.state_dict(name)
            stored[name.removesuffix("weight") + "comfy_quant"] = mark
    # As where the device has no kernels for them: inputs stay as they are.
    operations = mixed_precision_ops({}, torch.float32, full_precision_mm=True)
    return _patcher(stored, operations), _patcher(plain)


def _patcher(weights, operations=None, kind=comfy.model_patcher.ModelPatcher):
    base, config = narrow.CONFIGS[BASE]
    config = base(dict(config))
    config.set_inference_dtype(torch.float32, None)
    config.custom_operations = operations
    cpu = torch.device("cpu")
    model = config.get_model({}, device=cpu)
    model.diffusion_model.load_state_dict(weights, strict=False)
    return kind(model, cpu, cpu)


def cast(dtype=torch.float8_e4m3fn):
    """The narrow model with weights of a small type, as weight_dtype fp8 loads them."""
    weights, plain = {}, {}
    for name, weight in narrow.patcher(BASE).model.diffusion_model.state_dict().items():
        small = _is_quantised(name, weight)
        weights[name] = weight.to(dtype) if small else weight.clone()
        plain[name] = weights[name].float()
    made = _patcher(weights, comfy.ops.manual_cast)
    for name, weight in weights.items():
        layer = made.model.diffusion_model.get_submodule(name.rpartition(".")[0])
        layer.register_parameter(name.rpartition(".")[2], torch.nn.Parameter(weight, False))
    return made, _patcher(plain)


class Packed(torch.Tensor):
    """Four numbers of a weight in one row of bytes; its shape is that of the weight."""

    @staticmethod
    def of(weight):
        made = weight.contiguous().view(torch.uint8).reshape(-1, 4 * _PACK).as_subclass(Packed)
        made.logical, made.patches = weight.shape, []
        return made

    @property
    def shape(self):
        return getattr(self, "logical", torch.Size())

    def unpacked(self):
        plain = self.as_subclass(torch.Tensor)
        return plain.contiguous().view(torch.float32).reshape(self.logical)

    def to(self, *args, **kwargs):
        return self

    def clone(self, *args, **kwargs):
        return self

    def detach(self):
        return self


class _Operations(comfy.ops.disable_weight_init):
    class Linear(torch.nn.Linear):
        def reset_parameters(self):
            return None

        def _load_from_state_dict(self, weights, prefix, *_):
            weight = weights[prefix + "weight"]
            if _is_quantised(prefix, weight):
                del self.weight
                self.weight = Packed.of(weight)
            else:
                self.weight.data = weight
            if self.bias is not None:
                self.bias.data = weights[prefix + "bias"]

        def _save_to_state_dict(self, weights, prefix, keep_vars):
            weight = self.weight
            packed = weight.as_subclass(torch.Tensor) if isinstance(weight, Packed) else weight
            weights[prefix + "weight"] = packed
            if self.bias is not None:
                weights[prefix + "bias"] = self.bias

        def forward(self, x):
            weight = self.weight
            if isinstance(weight, Packed):
                key, patches = "", weight.patches
                weight = weight.unpacked()
                if patches:
                    weight = comfy.lora.calculate_weight(patches, weight, key)
            return torch.nn.functional.linear(x, weight, self.bias)


class _Patcher(comfy.model_patcher.ModelPatcher):
    """Leaves the patches of a packed weight to the layer, which unpacks it for each call."""

    def patch_weight_to_device(self, key, *args, **kwargs):
        weight = comfy.utils.get_attr(self.model, key)
        if not isinstance(weight, Packed):
            return super().patch_weight_to_device(key, *args, **kwargs)
        weight.patches = self.patches.get(key, [])
        return None

    def unpatch_model(self, device_to=None, unpatch_weights=True):
        if unpatch_weights:
            for layer in self.model.modules():
                if isinstance(getattr(layer, "weight", None), Packed):
                    layer.weight.patches = []
        return super().unpatch_model(device_to, unpatch_weights)


def packed():
    """The narrow model with packed weights, and a plain one with the same numbers."""
    weights = narrow.patcher(BASE).model.diffusion_model.state_dict()
    weights = {name: weight.clone() for name, weight in weights.items()}
    return _patcher(weights, _Operations, _Patcher), _patcher(weights)
