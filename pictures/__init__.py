"""What is drawn: the contact sheet of a comparison and the plot of a schedule. Pillow alone."""

from .axes import time_of
from .plot import Hop, Schedule, draw_schedule
from .sheet import Cell, contact_sheet

__all__ = ["Cell", "Hop", "Schedule", "contact_sheet", "draw_schedule", "time_of"]
