"""Making acceleration LoRAs inside ComfyUI: distil/ on the host's models."""
