"""What ComfyUI is to us: the only package that knows its insides."""
