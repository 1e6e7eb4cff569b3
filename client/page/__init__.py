"""What ComfyUI's page would send for a workflow that people have saved."""
