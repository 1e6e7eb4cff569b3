"""What the demo model draws: shapes, colours and words, the same on every machine."""
