"""Accelerators made for the demo model by the pack's own nodes, in ComfyUI's own process."""
