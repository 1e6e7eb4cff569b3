"""The Python and the packages that everything here runs in."""
