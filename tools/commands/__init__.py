"""What dev.py's commands do, apart from the tests."""
