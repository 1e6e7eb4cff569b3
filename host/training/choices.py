"""What a person chooses between: known without what a choice does, which is read late."""

# No start_lora.
NONE = "none"
REPAIR = "repair"
# The losses of distil/ by name, in the order of its registry; a test holds them together.
METHODS = (REPAIR, "trajectory", "consistency", "score", "adversarial", "fine-tuning")
# How landings are compared with the paths: as they are, or in the teacher's features.
LATENT, FEATURES = "latent", "features"
DISTANCES = (LATENT, FEATURES)
AESTHETIC, PROMPT, CLASSIFIER = REWARDS = ("aesthetic", "prompt", "classifier")
NO_HEAD = "none"
