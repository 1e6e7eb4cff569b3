"""Pictures, videos and sounds that ComfyUI has saved: the text that they carry."""
