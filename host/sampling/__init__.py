"""Sampling through the host: levels, SAMPLER, noise, and runs of few steps."""
