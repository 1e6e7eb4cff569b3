"""The example workflows and the model files they name."""
