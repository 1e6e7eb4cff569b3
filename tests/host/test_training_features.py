"""The teacher's features on narrow models: what they are, their gradients, where a pass ends."""

import narrow
import pytest
import torch
from fewstep.distil import Seen
from fewstep.host.training.adapters import STUDENT
from fewstep.host.training.blocks import Checkpoints, KeptInputs, attention_blocks
from fewstep.host.training.conditions import encode
from fewstep.host.training.features import TeacherFeatures
from fewstep.host.training.network import Network
from training_runs import FEATURED, Clip, hooks, inputs, loaded, shape_of, student

pytestmark = [pytest.mark.floor, pytest.mark.usefixtures("training_folder")]
bases = pytest.mark.parametrize("base", FEATURED)


@bases
def test_features_are_what_the_blocks_give_in_the_plain_model(base):
    """Bit for bit, the picture's alone, by rows and columns; what comes after is not computed."""
    model = loaded(base)
    x, sigma, context = inputs(model, base)
    blocks = attention_blocks(model.model)
    plain = {}
    caught = [
        one.register_forward_hook(lambda block, _, output: plain.__setitem__(block, output))
        for one in blocks
    ]
    ((_, taken),) = context.groups()
    with torch.inference_mode():
        model.model.apply_model(x, sigma, **taken, transformer_options={})
    for hook in caught:
        hook.remove()
    with student(model, base) as (patcher, adapters), torch.no_grad():
        ran = []
        hook = patcher.model.diffusion_model.register_forward_hook(lambda *_: ran.append(1))
        got = TeacherFeatures(patcher, adapters.switch, Seen(0))(x, sigma, context)
        hook.remove()
    assert not ran
    expected = []
    for block in blocks:
        outputs = plain[block] if isinstance(plain[block], tuple) else (plain[block],)
        # The prompt has 7 tokens here, and the picture 4 x 4.
        found = [one for one in outputs if one is not None and one.shape[1] != 7]
        (one,) = found
        if one.ndim == 4:
            expected.append(one)
        elif one.shape[1] == 16:
            tokens = one.reshape(len(x), 4, 4, -1)
            expected.append(tokens.permute(0, 3, 1, 2))
    assert len(got) == len(expected) >= (1 if base == "FLUX.1" else 2)
    assert all(torch.equal(*both) for both in zip(got, expected, strict=True))


@bases
def test_gradients_reach_the_picture_and_neither_weights_nor_adapters(base):
    """Also with blocks computed twice, after another network was on: the same to 1e-5."""
    model = loaded(base)
    x, sigma, context = inputs(model, base)
    found = []
    for twice in (False, True):
        with student(model, base) as (patcher, adapters):
            kept, checkpoints = (
                KeptInputs(patcher.model),
                Checkpoints(patcher.model, adapters.switch),
            )
            kept.start()
            if twice:
                checkpoints.start()
            features = TeacherFeatures(patcher, adapters.switch, Seen(0))
            picture = x.clone().requires_grad_(True)
            try:
                loss = sum(one.square().mean() for one in features(picture, sigma, context))
                with torch.no_grad():
                    Network(patcher, adapters.switch, STUDENT)(x, sigma, context)
                loss.backward()
            finally:
                checkpoints.stop()
                kept.stop()
            assert all(one.grad is None for one in patcher.model.parameters())
            assert all(one.grad is None for one in adapters.weights(STUDENT))
            found.append(picture.grad)
    assert (found[0] - found[1]).abs().max() <= 1e-5 * found[0].abs().max() > 0


def test_fewer_blocks_and_less_depth_end_the_pass_earlier():
    model = loaded("SD 1.5")
    x, sigma, context = inputs(model, "SD 1.5")
    blocks = attention_blocks(model.model)
    ran = []
    with student(model, "SD 1.5") as (patcher, adapters), torch.no_grad():
        whole = TeacherFeatures(patcher, adapters.switch, Seen(0))(x, sigma, context)
        features = TeacherFeatures(patcher, adapters.switch, Seen(1, 0.5))
        features(x, sigma, context)
        watching = [
            one.register_forward_hook(lambda block, *_: ran.append(blocks.index(block)))
            for one in blocks
        ]
        (half,) = features(x, sigma, context)
        for hook in watching:
            hook.remove()
    last = round(0.5 * len(blocks)) - 1
    assert ran == [*range(last + 1)] and torch.equal(half, whole[last])


def test_rows_with_longer_prompts_keep_their_places():
    model = loaded("SD 1.5")
    x, sigma, _ = inputs(model, "SD 1.5")
    long = narrow.conditioning("SD 1.5", 3)
    long[0][0] = torch.cat([long[0][0]] * 9, 1) * 0.5

    class Uneven(Clip):
        def encode_from_tokens_scheduled(self, text):
            return long if text == "long" else super().encode_from_tokens_scheduled(text)

    # Sorted by length these are rows 0 3 1 2, an order that is not its own opposite.
    texts = ["a cat", "long", "long", "a dog"]
    context = encode(model, Uneven("SD 1.5"), texts, shape_of("SD 1.5"))
    x, sigma = torch.cat([x, x.flip(0) * 0.5]), torch.cat([sigma, sigma])
    with student(model, "SD 1.5") as (patcher, adapters), torch.no_grad():
        features = TeacherFeatures(patcher, adapters.switch, Seen(0))
        together = features(x, sigma, context)
        for row in range(4):
            here = slice(row, row + 1)
            for whole, alone in zip(
                together, features(x[here], sigma[here], context[here]), strict=True
            ):
                assert (whole[here] - alone).abs().max() < 1e-5 * alone.abs().max()


def test_a_picture_with_as_many_tokens_as_the_prompt_is_refused():
    """Of two streams of 7 tokens none says which is the picture's: 2 x 14 cells in patches of 2."""
    model = loaded("FLUX.1")
    _, sigma, context = inputs(model, "FLUX.1")
    with student(model, "FLUX.1") as (patcher, adapters), torch.no_grad():
        features = TeacherFeatures(patcher, adapters.switch, Seen())
        with pytest.raises(ValueError, match="as many tokens as the prompt, 7, .*another width"):
            features(torch.zeros(2, 16, 2, 14), sigma, context)
    assert not any(hooks(model))
