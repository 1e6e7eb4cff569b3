"""The jobs of a batch: a workflow with the values of a table, of lists and of seeds in it."""
