"""A connection that does not hold, and a server that wants to be left alone for a while."""

import asyncio
import email.utils
import json
import math
import time

import aiohttp

from .text import clean

# A proxy says these while the server behind it is busy, starts or restarts.
BUSY = {408, 425, 429, 502, 503, 504, 520, 521, 522, 523, 524, 530}
_LONGEST_WAIT = 600.0


class BusyError(aiohttp.ClientError):
    """`after`: the seconds that the server asks to wait, 0 where it does not say."""

    def __init__(self, status: int, after: float) -> None:
        super().__init__(f"HTTP {status}")
        self.after = after


# What is tried again.
TROUBLE = (aiohttp.ClientError, asyncio.TimeoutError, OSError, json.JSONDecodeError)


def busy(status: int, retry_after: str | None) -> BusyError:
    """The trouble that a status of BUSY means; Retry-After is in seconds or a date."""
    return BusyError(status, min(max(_seconds(retry_after or ""), 0.0), _LONGEST_WAIT))


def pause_of(error: BaseException) -> float:
    """The seconds that a trouble asks for."""
    return getattr(error, "after", 0.0)


def words_for(error: BaseException) -> str:
    """A trouble in a few words; never the URL, which may hold a password."""
    if isinstance(error, BusyError):
        return f"it is busy, {error}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name is not known"
    cause = getattr(error, "os_error", None) or error
    if isinstance(cause, OSError) and cause.strerror and not _is_call(cause.strerror):
        return clean(cause.strerror, 100)
    if isinstance(error, (asyncio.TimeoutError, aiohttp.ServerTimeoutError)):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "no connection"
    if isinstance(error, aiohttp.ClientResponseError):
        return f"HTTP {error.status}"
    return "the connection broke"


def _is_call(words: str) -> bool:
    """asyncio's `Connect call failed ('127.0.0.1', 9)`."""
    return "call failed" in words


def _seconds(retry_after: str) -> float:
    try:
        seconds = float(retry_after)
        return 0.0 if math.isnan(seconds) else seconds
    except ValueError:
        pass
    try:
        return email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return 0.0
