"""Initial noise that belongs to the image, not to the batch."""

from comfy_api.v0_0_2 import io

from ..host.sampling.noise import ImageNoise
from .inputs import seed_input


class FewStepNoise(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="FewStepNoise",
            display_name="Noise per image",
            category="model/sampling/noise",
            description="The first image of a batch gets the noise of its seed, the second that of "
            "seed + 1 and so on, so you can remake any one of them by itself.",
            search_aliases=["seed", "batch", "random noise"],
            inputs=[
                seed_input(
                    "noise_seed",
                    "Seed of the first image; the next ones have seed + 1, seed + 2 and so on. A "
                    "single image is the same as with RandomNoise.",
                )
            ],
            outputs=[io.Noise.Output(tooltip="Noise, for SamplerCustomAdvanced.")],
        )

    @classmethod
    def execute(cls, noise_seed):
        return io.NodeOutput(ImageNoise(noise_seed))
