"""What can be told of a file without running it: its header, its layers, its hash."""
