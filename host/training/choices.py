"""What a person chooses between: known without what a choice does, which is read late."""

# No start_lora.
NONE = "none"
REPAIR = "repair"
# The losses of distil/ by name, in the order of its registry; a test holds them together.
METHODS = (REPAIR, "trajectory", "consistency", "score", "fine-tuning")
