"""What an acceleration LoRA costs on a GPU, by loader and by how the host keeps the model there.

python bench/lora_gpu.py with FEWSTEP_HOST, or ComfyUI on the path: random UNets of SD 1.5 at 512 px
and SDXL at 1024 px in fp16, whole on the card, half of it streamed in (what --lowvram and
--reserve-vram lead to), and dynamic VRAM. Each way is a process of its own, since dynamic VRAM
begins before torch. `--small` takes narrow UNets on the CPU, whole.
"""

import argparse
import subprocess
import sys
import tempfile
import time

from prepare import prepare

WAYS = ("whole", "half streamed", "dynamic")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--small", action="store_true", help="narrow models, on the CPU; needed without CUDA"
    )
    parser.add_argument("--seconds", type=float, default=110, help="what begins later is left out")
    parser.add_argument("--way", choices=WAYS, help="one of them alone, in this process")
    parser.add_argument("--only", help="one UNet alone: SD 1.5 or SDXL")
    parser.add_argument("--folder", help="where the LoRAs are kept")
    given = parser.parse_args()
    if given.way:
        with tempfile.TemporaryDirectory() as folder:
            _measure(given, given.folder or folder)
        return
    end = time.monotonic() + given.seconds
    ways = WAYS[:1] if given.small else WAYS
    with tempfile.TemporaryDirectory() as folder:
        for number, way in enumerate(ways):
            left = (end - time.monotonic()) / (len(ways) - number)
            command = [sys.executable, __file__, "--way", way, "--folder", folder]
            command += ["--seconds", str(left), *(["--small"] if given.small else [])]
            command += ["--only", given.only] if given.only else []
            ended = subprocess.run(command, check=False).returncode
            if ended:
                print(f"{way}: ended with code {ended}, its lines above are all there are.")


def _measure(given: argparse.Namespace, folder: str) -> None:
    end = time.monotonic() + given.seconds
    prepare(cpu=given.small)
    if given.way == "dynamic":
        import comfy_aimdo.control

        # As the host's main does, before torch: it takes over how memory is given out.
        comfy_aimdo.control.init()
    import lora_gpu_table

    lora_gpu_table.report(given.way, folder, small=given.small, end=end, only=given.only)


if __name__ == "__main__":
    main()
