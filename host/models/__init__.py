"""Whole models made for few steps: read, check, load, and make them what their recipe says."""
