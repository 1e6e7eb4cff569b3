"""MiniMax H3: video and sound step on levels of their own, in any sampler."""

import comfy.model_management
import comfy.sample
import comfy.samplers
import narrow_flow
import pytest
import torch
from fewstep.host.sampling.samplers import HOST_SAMPLE, make_sampler
from fewstep.host.sampling.sound import shift_warnings, with_own_levels, with_shifts
from fewstep.nodes.ksampler import FewStepKSampler
from fewstep.recipes import Recipe
from fewstep.samplers.noise import step_noises

import nodes

h3 = pytest.importorskip("comfy_extras.nodes_minimax_h3", reason="ComfyUI 0.30 brings it")
SHIFTS = [(12.0, 3.0), (6.0, 3.0), (10.0, 3.0)]


@pytest.fixture(autouse=True)
def _listed(monkeypatch):
    """The host's node in its list, as its server puts it there."""
    monkeypatch.setitem(nodes.NODE_CLASS_MAPPINGS, "MiniMaxH3SigmaShift", h3.MiniMaxH3SigmaShift)


def shifted(video, sound):
    return h3.MiniMaxH3SigmaShift.execute(narrow_flow.patcher("MiniMax H3"), video, sound).result[0]


def level(u, shift):
    return shift * u / (1 + (shift - 1) * u)


def grid(steps, shift):
    return torch.tensor([level(1 - i / steps, shift) for i in range(steps + 1)])


def drawn(model, sampler, sigmas, *, latent=None, noise=None, mask=None):
    """Video and sound, sampled through the host."""
    latent = latent or narrow_flow.latent("MiniMax H3")
    noise = noise or comfy.sample.prepare_noise(latent, 3)
    given = narrow_flow.conditioning("MiniMax H3")
    found = comfy.sample.sample_custom(
        model, noise, 1.0, sampler, sigmas, given, given, latent, disable_pbar=True, seed=3
    )
    return found.unbind()


class Velocities:
    """The network's own answers: what it makes of video and sound at a point of both schedules."""

    def __init__(self, model, video, sound):
        comfy.model_management.load_model_gpu(model)
        self.network, self.shifts = model.model.diffusion_model, (video, sound)
        self.options = model.model_options["transformer_options"]
        self.text = narrow_flow.conditioning("MiniMax H3")[0][0]

    @torch.no_grad()
    def at(self, x, u):
        sigma = level(u, self.shifts[0])
        found = self.network(x, torch.tensor([1000 * sigma]), self.text, self.options)
        # The host's network gives the sound's velocity times d sigma_sound / d sigma_video.
        near = 1e-6
        rise = [level(u + near, shift) - level(u - near, shift) for shift in self.shifts]
        return found[0], found[1] * rise[0] / rise[1]


def by_hand(model, shifts, steps, gamma_one=False, start=1.0, latent=None):
    """Euler, or new noise at each step, on each part's own levels."""
    velocities = Velocities(model, *shifts)
    latent = latent or narrow_flow.latent("MiniMax H3")
    noise = comfy.sample.prepare_noise(latent, 3).unbind()
    scaled = [model.model.process_latent_in(one) for one in latent.unbind()]
    grids = [[level(start * (1 - i / steps), shift) for i in range(steps + 1)] for shift in shifts]
    x = [(1 - g[0]) * c + g[0] * n for g, c, n in zip(grids, scaled, noise, strict=True)]
    packed = torch.cat([one.reshape(1, 1, -1) for one in noise], -1)
    fresh = step_noises(packed, grids[0], [3], [True] * steps) if gamma_one else None
    for i in range(steps):
        found = velocities.at(x, start * (1 - i / steps))
        parts = [None, None]
        if gamma_one and i < steps - 1:
            cut = x[0].numel()
            parts = [fresh[i][..., :cut], fresh[i][..., cut:]]
        x = [
            _step(x[p], found[p], grids[p][i], grids[p][i + 1], parts[p], gamma_one) for p in (0, 1)
        ]
    return [model.model.process_latent_out(one) for one in x]


def _step(x, velocity, level, following, noise, renewed):
    if not renewed:
        return x + (following - level) * velocity
    image = x - level * velocity
    if noise is None:
        return image
    return (1 - following) * image + following * noise.reshape(x.shape)


def close(found, wanted, tolerance=2e-5):
    return all(
        float((one - other).abs().max()) < tolerance * float(other.abs().max())
        for one, other in zip(found, wanted, strict=True)
    )


@pytest.mark.parametrize("steps", [1, 4, 8])
@pytest.mark.parametrize("shifts", SHIFTS)
def test_euler_steps_the_sound_on_its_own_grid(shifts, steps):
    model = shifted(*shifts)
    wanted = by_hand(model, shifts, steps)
    found = drawn(model, make_sampler("ddim"), grid(steps, shifts[0]))
    assert close(found, wanted)
    if steps == 4:
        plain = drawn(model, comfy.samplers.sampler_object("euler"), grid(steps, shifts[0]))
        assert not close(plain[1:], wanted[1:], 1e-2)


@pytest.mark.parametrize("shifts", SHIFTS)
def test_new_noise_has_the_sound_s_own_level(shifts):
    model = shifted(*shifts)
    found = drawn(model, make_sampler("lcm"), grid(4, shifts[0]))
    assert close(found, by_hand(model, shifts, 4, gamma_one=True))


def test_a_latent_to_work_on_keeps_its_sound():
    latent = narrow_flow.latent("MiniMax H3", 0.7)
    model, shifts = shifted(12.0, 3.0), (12.0, 3.0)
    sigmas = torch.tensor([level(0.6 * (1 - i / 3), 12.0) for i in range(4)])
    found = drawn(model, make_sampler("ddim"), sigmas, latent=latent)
    assert close(found, by_hand(model, shifts, 3, start=0.6, latent=latent))
    nothing = drawn(model, make_sampler("ddim"), torch.tensor([1e-4, 0.0]), latent=latent)
    assert close(nothing, latent.unbind(), 1e-3)


def test_a_run_in_two_halves_is_the_whole_run():
    model, sigmas = shifted(12.0, 3.0), grid(4, 12.0)
    whole = drawn(model, make_sampler("ddim"), sigmas)
    first = drawn(model, make_sampler("ddim"), sigmas[:3])
    nested = type(narrow_flow.latent("MiniMax H3"))
    none = nested([torch.zeros_like(one) for one in first])
    second = drawn(model, make_sampler("ddim"), sigmas[2:], latent=nested([*first]), noise=none)
    assert close(second, whole)


def test_a_host_that_does_it_itself_is_left_alone(monkeypatch):
    """ComfyUI 0.31 carries the sound in this form; its `model_sampling` says so."""
    model = shifted(12.0, 3.0)
    monkeypatch.setattr(model.get_model_object("model_sampling"), "audio_scale", 4.0, raising=False)
    plain = drawn(model, comfy.samplers.sampler_object("euler"), grid(4, 12.0))
    assert close(drawn(model, make_sampler("ddim"), grid(4, 12.0)), plain)


def test_models_without_sound_are_not_touched():
    asked = []

    class Model:
        class inner_model:  # noqa: N801
            model_patcher = narrow_flow.patcher("Wan 2.2 T2V")

        def __call__(self, x, sigma):
            asked.append(x)
            return x

    sample = with_own_levels(lambda model, x, sigmas: model(x, sigmas))
    x = torch.ones(1, 16, 2, 8, 8)
    assert sample(Model(), x, torch.ones(1)) is x and asked[0] is x
    assert HOST_SAMPLE["lcm"].__name__ == "sample_lcm"


def recipe(**changes):
    given = {
        "id": "mine/h3",
        "name": "H3",
        "family": "H3",
        "base": "MiniMax H3",
        "kind": "LoRA",
        "sampler": "ddim",
        "spacing": "trailing",
        "steps": [4, 4, 4],
        "cfg": [1, 1, 1],
        "prediction": "flow",
        "shift": 6.0,
        "audio_shift": 3.0,
    }
    return Recipe.from_json(given | changes)


@pytest.mark.parametrize("sampler", ["ddim", "comfy:euler"])
def test_few_step_ksampler_sets_the_recipe_s_shifts(sampler):
    """On a model that has others; ComfyUI's own samplers step the sound right, too."""
    given = narrow_flow.conditioning("MiniMax H3")
    latent = {"samples": narrow_flow.latent("MiniMax H3")}
    node = FewStepKSampler.execute(
        narrow_flow.patcher("MiniMax H3"),
        *(given, given, latent, 3, 0, 0.0, 1.0, "ComfyUI"),
        recipe(sampler=sampler),
    )
    found = node.result[0]["samples"].unbind()
    assert close(found, by_hand(shifted(6.0, 3.0), (6.0, 3.0), 4))


def test_other_shifts_than_the_recipe_s_are_said_where_another_node_samples():
    assert shift_warnings(shifted(6.0, 3.0), recipe()) == []
    (told,) = shift_warnings(narrow_flow.patcher("MiniMax H3"), recipe())
    assert "12 and 3, and these levels are for 6 and 3" in told
    assert shift_warnings(narrow_flow.patcher("Wan 2.2 T2V"), recipe()) == []
    assert shift_warnings(with_shifts(narrow_flow.patcher("MiniMax H3"), recipe()), recipe()) == []


def test_a_sound_s_shift_goes_with_a_number():
    with pytest.raises(ValueError, match="'audio_shift': it goes with a number"):
        recipe(shift="model")
