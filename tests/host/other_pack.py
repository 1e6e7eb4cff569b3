"""A stand-in for packs that copy, sort and replace the host's sampler list when they load."""

_CODE = """
import comfy.samplers

COPY = sorted(comfy.samplers.KSampler.SAMPLERS)
comfy.samplers.KSampler.SAMPLERS = COPY


class StandIn:
    CATEGORY = "tests"
    FUNCTION = "run"
    RETURN_TYPES = ("INT",)

    @classmethod
    def INPUT_TYPES(cls):
        return {{"required": {{"sampler_name": (COPY,)}}}}

    def run(self, sampler_name):
        return (1,)


{mappings} = {{"StandInOfAnotherPack": StandIn}}
"""
# In parts, or scanners of packs would take the node for one of ours.
_MAPPINGS = "_".join(("NODE", "CLASS", "MAPPINGS"))


def install(custom_nodes):
    for name in ("a_stand_in", "z_stand_in"):
        folder = custom_nodes / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(
            _CODE.format(mappings=_MAPPINGS).replace("StandInOf", f"{name[0].upper()}StandInOf")
        )
