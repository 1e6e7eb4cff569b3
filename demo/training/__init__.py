"""How the networks are trained: `python -m demo.training.train`."""
