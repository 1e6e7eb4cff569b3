"""What is drawn: contact sheets, plots of schedules, thumbnails. Pillow alone."""

from .axes import time_of
from .card import Accelerator, draw_card
from .plot import Hop, Schedule, draw_schedule
from .result import Result, draw_result, draw_sheet
from .sheet import Cell, contact_sheet

__all__ = [
    "Accelerator",
    "Cell",
    "Hop",
    "Result",
    "Schedule",
    "contact_sheet",
    "draw_card",
    "draw_result",
    "draw_schedule",
    "draw_sheet",
    "time_of",
]
