"""An acceleration LoRA on a model: read, match, check, merge or run live."""
