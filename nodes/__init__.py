"""What users see: thin nodes over the pure packages. Only this package imports ComfyUI."""
