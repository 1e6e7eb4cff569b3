"""What training costs: our methods beside core's TrainLoraNode on the same random UNet.

python bench/training.py with FEWSTEP_HOST, or ComfyUI on the path. On CUDA the UNets are those of
SD 1.5 and SDXL in bf16. `--small` takes narrow ones on the CPU: there memory counts, and seconds
say nothing.
"""

import argparse

from prepare import prepare

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--small", action="store_true", help="narrow models, on the CPU; needed without CUDA"
    )
    parser.add_argument("--seconds", type=float, default=140, help="what begins later is left out")
    parser.add_argument("--only", help="one UNet alone: SD 1.5 or SDXL")
    parser.add_argument("--batch", type=int, help="one size of batch alone")
    given = parser.parse_args()
    prepare(cpu=given.small)
    import training_table

    training_table.report(
        small=given.small, seconds=given.seconds, only=given.only, batch=given.batch
    )
