"""What can go wrong, by who has to do something about it."""


class InputError(ValueError):
    """The command, the table, the workflow or the server is not what it should be."""


class JobError(Exception):
    """One job failed on the server, in the server's own words; the others go on."""


class DiskError(Exception):
    """The output folder takes no more; nothing can go on."""


class StoppedError(Exception):
    """The batch ends early for a reason other than its input; the folder can be continued."""
