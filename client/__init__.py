"""Batches over ComfyUI's HTTP API: freeze, queue, follow, fetch, resume. README.md says more."""
