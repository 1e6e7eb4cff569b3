"""The tiers of tests and what came of them."""
