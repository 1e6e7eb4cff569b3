"""ComfyUI: which versions, where it comes from, how it runs."""
