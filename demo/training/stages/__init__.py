"""The stages of the training, a file each."""
