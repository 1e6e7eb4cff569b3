"""LoRAs made by the nodes on the demo model, and what share of their pictures is right."""

from demo.make.model import asked_for, drawn
from demo.make.runs import run
from demo.show.judge import Judge

RUNS, COUNT = 3, 256


class Models:
    """Models of some runs of the same settings, judged where they are asked."""

    def __init__(self, demo, models):
        self._demo, self._models, self._scores = demo, models, {}

    def right(self, steps):
        return self._mean(steps, "all")

    def outlined(self, steps):
        return self._mean(steps, "outlined")

    def _mean(self, steps, what):
        if steps not in self._scores:
            scenes, judge = asked_for(COUNT), Judge()
            self._scores[steps] = [
                judge.score(drawn(self._demo, model, steps, scenes, turn=turn), scenes.words)
                for turn, model in enumerate(self._models)
            ]
        shares = [getattr(score, what) for score in self._scores[steps]]
        return sum(shares) / len(shares)


def made(demo, making, **given):
    """Three runs, each with a seed of its own."""
    return Models(demo, [run(demo, making, seed, **given)[-1].model for seed in range(RUNS)])


def as_it_is(demo, model):
    """The same model judged by the noise of all runs."""
    return Models(demo, [model] * RUNS)
