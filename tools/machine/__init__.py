"""This machine: processes, ports, the terminal, the browser, pip."""
