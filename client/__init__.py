"""Batches over ComfyUI's HTTP API: freeze, queue, follow, fetch, resume. README.md says more.

`page`, `jobs`, `queue`: the rooms in the order in which the data passes. `run` leads through them.
"""
