"""The weights as they are shipped and as ComfyUI loads them."""
