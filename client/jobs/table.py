"""The rows of a batch: a table, lists and seeds, multiplied."""

import collections
import csv
import io
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError


def read_table(file: Path) -> list[dict[str, Any]]:
    """The rows of a CSV file, whose first line names the columns, or of a file of JSON lines."""
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{file} is not in UTF-8: save it as UTF-8.") from None
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from None
    is_json = file.suffix.lower() == ".jsonl"
    rows = list(_json_rows(file, text) if is_json else _csv_rows(file, text))
    if not rows:
        raise InputError(f"{file} has no rows.")
    return rows


def numbers(text: str) -> list[int]:
    """`0-99,200` as a list."""
    found = []
    for part in text.split(","):
        ends = re.fullmatch(r"\s*(\d+)(?:\s*-\s*(\d+))?\s*", part)
        if not ends or (ends[2] and int(ends[2]) < int(ends[1])):
            raise InputError(f"--seeds {text} is no range: write 0-99 or 1,5,9.")
        found += range(int(ends[1]), int(ends[2] or ends[1]) + 1)
    return found


def product(
    rows: list[dict[str, Any]], lists: dict[str, list[str]], seeds: Sequence[int] | None
) -> Iterator[dict[str, Any]]:
    """Every row with every choice of the lists and every seed."""
    axes = [[(name, value) for value in values] for name, values in lists.items()]
    if seeds is not None:
        axes.append([("seed", seed) for seed in seeds])
    known = set(rows[0]) if rows else set()
    for name in [axis[0][0] for axis in axes]:
        if name in known:
            raise InputError(f"{name} is a column of the table too: give it in one place.")
    for row, *choices in itertools.product(rows or [{}], *axes):
        yield {**row, **dict(choices)}


def _csv_rows(file: Path, text: str) -> Iterator[dict[str, Any]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=_delimiter(text))
    try:
        columns = _once(file, next(reader, []))
        for cells in reader:
            if cells and len(cells) != len(columns):
                raise InputError(
                    f"{file}, line {reader.line_num}, has not as many cells as the first line:"
                    " put texts with commas or semicolons in quotes."
                )
            if cells:
                yield dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        raise InputError(f"{file}, line {reader.line_num}: {error}.") from None


def _delimiter(text: str) -> str:
    """The comma, or what spreadsheets write where the comma is the decimal point."""
    first = re.sub(r'"(?:[^"]|"")*"', "", text[:100_000]).split("\n", 1)[0]
    return ";" if ";" in first and "," not in first else ","


def _once(file: Path, columns: list[str]) -> list[str]:
    for name, count in collections.Counter(columns).items():
        if count > 1:
            called = f"are called {name}" if name.strip() else "have no name"
            raise InputError(f"{file}: {count} columns {called}; give each a name of its own.")
    return columns


def _json_rows(file: Path, text: str) -> Iterator[dict[str, Any]]:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        _once(file, [name for name, _ in found])
        return dict(found)

    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, object_pairs_hook=pairs)
        except InputError:
            raise
        except (ValueError, RecursionError) as error:
            raise InputError(f"{file}, line {number}, is not JSON: {error}.") from None
        if not isinstance(row, dict):
            raise InputError(f"{file}, line {number}, is not an object with column names.")
        yield row
