"""The error that a person gets to read."""


class UserError(Exception):
    """Says in one sentence what is wrong and what to do; dev.py prints it and ends."""
