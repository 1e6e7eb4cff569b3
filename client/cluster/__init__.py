"""The same batch on a Ray cluster. Not in the registry's archive: it starts processes."""
