"""A comparison of 12 cells against the same 12 runs one by one: model calls, and time."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import comfy.sd
import torch
from comfy.patcher_extension import WrappersMP
from fewstep.nodes.compare import FewStepCompare
from fewstep.nodes.ksampler import FewStepKSampler
from fewstep.recipes import builtin_recipes
from fewstep.tools.examples.demo_files import MODEL_NAME, add_demo_files

RECIPE = builtin_recipes()["tcd/sd15-lora"]
STEPS, GAMMAS, CFGS = (2, 4), (0.0, 0.3, 1.0), (1.0, 2.0)
SIZES = (64, 128)
SEED, ROUNDS = 42, 5


class _Graph:
    """The demo model and what both ways take, with the number of latents the model is given."""

    def __init__(self, model: Any, clip: Any, vae: Any, size: int):
        self.calls, self._vae = 0, vae
        self._model = model.clone()
        self._model.add_wrapper_with_key(WrappersMP.APPLY_MODEL, "bench", self._count)
        words = [clip.encode_from_tokens_scheduled(clip.tokenize(text)) for text in ("a star", "")]
        self._given = (self._model, *words, {"samples": torch.zeros(1, 4, size // 8, size // 8)})

    def _count(self, run: Callable, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        self.calls += len(x)
        return run(x, *args, **kwargs)

    def singly(self) -> None:
        """Only samples."""
        for cfg in CFGS:
            for steps in STEPS:
                for gamma in GAMMAS:
                    recipe = RECIPE.changed(0, 0, gamma, -1)
                    settings = (SEED, steps, cfg, 1.0, "seed + index", recipe)
                    FewStepKSampler.execute(*self._given, *settings)

    def compared(self, vae: Any) -> None:
        """Samples, decodes and draws the sheet."""
        lists = [", ".join(f"{value:g}" for value in axis) for axis in (STEPS, GAMMAS, CFGS)]
        FewStepCompare.execute(*self._given, vae, SEED, *lists, RECIPE)

    def decoded(self) -> None:
        """What decoding the 12 runs one by one takes."""
        for _ in range(len(STEPS) * len(GAMMAS) * len(CFGS)):
            self._vae.decode(self._given[3]["samples"])

    def parts(self) -> list[Callable[[], None]]:
        """The runs; the comparison with a VAE that costs nothing; with its own; the decoding."""
        size = self._given[3]["samples"].shape[-1] * 8
        free = SimpleNamespace(decode=lambda _: torch.zeros(1, size, size, 3))
        whole = partial(self.compared, self._vae)
        return [self.singly, partial(self.compared, free), whole, self.decoded]


def _measured(graph: _Graph, run: Callable[[], None]) -> tuple[float, int]:
    """Seconds of the processor, which on one thread others do not disturb, and model calls."""
    graph.calls = 0
    begin = time.process_time()
    run()
    return time.process_time() - begin, graph.calls


def report() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        _report()
    finally:
        torch.set_num_threads(threads)


def _report() -> None:
    with tempfile.TemporaryDirectory() as folder:
        add_demo_files(Path(folder), Path(sys.executable))
        path = next(Path(folder).rglob(MODEL_NAME))
        model, clip, vae, _ = comfy.sd.load_checkpoint_guess_config(str(path))
    print(
        "\n12 cells of Compare few-step settings against 12 runs of Few-step KSampler, demo model"
    )
    print(f"  {'':12}{'model calls':>14}{'without decoding':>20}{'both with decoding':>22}")
    for size in SIZES:
        graph = _Graph(model, clip, vae, size)
        rounds = [[_measured(graph, run) for run in graph.parts()] for _ in range(ROUNDS + 1)]
        # The first round loads the model.
        seconds = [statistics.median(times) for times in _seconds(rounds[1:])]
        singly, free, whole, decoded = seconds
        calls = rounds[0][1][1] / rounds[0][0][1]
        print(
            f"  {f'{size} px':12}{calls:>13.2f}x{free / singly:>19.2f}x"
            f"{whole / (singly + decoded):>21.2f}x"
        )


def _seconds(rounds: list[list[tuple[float, int]]]) -> list[list[float]]:
    """By part, in place of by round."""
    return [[one[0] for one in part] for part in zip(*rounds, strict=True)]
