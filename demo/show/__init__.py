"""What is made with the demo model in a ComfyUI: sheets, tables, thumbnails."""
