"""Rewards: what scores a student's pictures, with gradients through the host's own networks."""
