"""Files of Wan 2.2 that the host recognises by itself: narrow, with random weights."""

import io

import comfy.ldm.wan.vae
import comfy.text_encoders.wan
import narrow_flow
import sentencepiece
import torch

_FAMILY = "Wan 2.2 T2V"
_RANK = 4
# Read from the file's shapes: the real one has 96.
_VAE_WIDTH = 16
_LETTERS = "abcdefghijklmnopqrstuvwxyz ,."


def random_weights(network, dtype=torch.float16):
    """Weights for a network that has none; drawn once, or they would take longer than the test."""
    drawn = torch.randn(1 << 16, generator=torch.Generator().manual_seed(6))
    made = {}
    for number, (name, weight) in enumerate(network.state_dict().items()):
        scale = weight[0].numel() ** -0.5 if weight.ndim > 1 else 0.1
        start = float(weight.ndim == 1 and name.endswith(("weight", "scale")))
        noise = (start + scale * drawn.roll(number)).to(dtype)
        count = weight.numel()
        made[name] = noise.repeat(-(-count // len(noise)))[:count].reshape(weight.shape)
    return made


def _network():
    return narrow_flow.model_of(narrow_flow.FAMILIES[_FAMILY]).diffusion_model


def _model():
    return _network().state_dict()


def _lora():
    """For all linear layers of the blocks, in the keys that LightX2V's have."""
    generator = torch.Generator().manual_seed(8)
    tensors = {}
    for name, weight in _network().named_parameters():
        if weight.ndim == 2 and name.startswith("blocks."):
            path = f"diffusion_model.{name.removesuffix('.weight')}"
            outputs, inputs = weight.shape
            down = torch.randn(_RANK, inputs, generator=generator) * inputs**-0.5
            tensors[f"{path}.lora_down.weight"] = down
            tensors[f"{path}.lora_up.weight"] = torch.randn(outputs, _RANK, generator=generator) / 9
            tensors[f"{path}.alpha"] = torch.tensor(float(_RANK))
    return tensors


def _vae():
    return random_weights(
        comfy.ldm.wan.vae.WanVAE(
            dim=_VAE_WIDTH,
            z_dim=16,
            dim_mult=[1, 2, 4, 4],
            num_res_blocks=2,
            attn_scales=[],
            temperal_downsample=[False, True, True],
            dropout=0.0,
        )
    )


def _text_encoder():
    """With the tokenizer that the file of this one brings: here it knows single letters."""
    whole = comfy.text_encoders.wan.te(torch.float16)(device="meta", dtype=torch.float16)
    made = random_weights(whole.umt5xxl.transformer)
    # By this the host knows the size of the whole one.
    mark = "encoder.block.23.layer.1.DenseReluDense.wi_1.weight"
    tokens = torch.frombuffer(bytearray(_tokenizer()), dtype=torch.uint8)
    return {**made, mark: torch.zeros(10240, 1, dtype=torch.float16), "spiece_model": tokens}


def _tokenizer():
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([_LETTERS] * 20),
        model_writer=written,
        model_type="char",
        vocab_size=100,
        hard_vocab_limit=False,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
    )
    return written.getvalue()


# By the folder of a file.
MAKERS = {
    "diffusion_models": _model,
    "loras": _lora,
    "vae": _vae,
    "text_encoders": _text_encoder,
}
