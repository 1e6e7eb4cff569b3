"""The demo model's networks."""
