"""Postgres's text form of arrays, as libs/sinks/src/postgres/array-literal.ts writes it."""

from collections.abc import Sequence
from typing import Any

from .job import Json
from .printable import number_text
from .times import array_time


def number_array(values: Sequence[int | float | None]) -> str:
    """Of numbers, as JavaScript writes them; None is NULL."""
    return "{" + ",".join("NULL" if v is None else number_text(v) for v in values) + "}"


def integer_array(values: Sequence[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def text_array(values: Sequence[str]) -> str:
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"


def time_array(values: Sequence[int | None]) -> str:
    """Of timestamptz from epoch ms; None is -infinity."""
    return text_array([array_time(value) for value in values])


def window_arrays(
    job: Json,
    changed: Sequence[Sequence[tuple[tuple[Any, ...], Sequence[Any]]]],
    added: Sequence[Sequence[tuple[tuple[int | None, str, str], int]]],
) -> list[str]:
    """The arrays of the statement that writes all rollups and counter tables."""
    arrays: list[str] = []
    for rollup, rows in zip(job["definition"]["rollups"], changed, strict=True):
        arrays.append(time_array([key[0] for key, _ in rows]))
        for at in range(len(rollup["keys"])):
            arrays.append(text_array([key[at + 1] for key, _ in rows]))
        for at in range(len(job["aggregates"][rollup["name"]])):
            arrays.append(number_array([values[at] for _, values in rows]))
    for counts in added:
        arrays.append(time_array([key[0] for key, _ in counts]))
        arrays.append(text_array([key[1] for key, _ in counts]))
        arrays.append(text_array([key[2] for key, _ in counts]))
        arrays.append(integer_array([count for _, count in counts]))
    return arrays
