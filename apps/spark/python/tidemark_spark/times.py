"""Event times as numbers, and times as Postgres reads them in arrays."""

import re
from datetime import date
from typing import Any

DAY_MS = 86_400_000
JULIAN_DAY_OF_1970 = 2_440_588
ORDINAL_OF_1970 = date(1970, 1, 1).toordinal()
MAX_TIME_MS = 8_640_000_000_000_000
ISO_PARTS = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)


def micros_of(value: Any, unit: str) -> int:
    """Microseconds since 1970 of a time of the unit s, ms, us or iso; what is below is cut."""
    if unit == "s":
        return int(value) * 1_000_000
    if unit == "ms":
        return int(value) * 1000
    if unit == "us":
        return int(value)
    match = ISO_PARTS.fullmatch(value)
    if match is None:
        raise ValueError(f"{value!r} is no ISO 8601 time with seconds and an offset.")
    day, hour, minute, second, fraction, sign, hours, minutes = match.groups()
    days = date.fromisoformat(day).toordinal() - ORDINAL_OF_1970
    seconds = ((days * 24 + int(hour)) * 60 + int(minute)) * 60 + int(second)
    offset = 0 if sign is None else (int(hours) * 60 + int(minutes)) * 60
    seconds -= -offset if sign == "-" else offset
    return seconds * 1_000_000 + int((fraction or "")[:6].ljust(6, "0"))


def array_time(ms: int | None) -> str:
    """A timestamptz from epoch ms, in a form that Postgres reads in any year; None: -infinity."""
    if ms is None:
        return "-infinity"
    day, rest = divmod(ms, DAY_MS)
    hours, minutes = rest // 3_600_000, rest // 60_000 % 60
    seconds, millis = rest // 1000 % 60, rest % 1000
    clock = f"{hours:02d}:{minutes:02d}:{seconds:02d}.{millis:03d}"
    return f"J{day + JULIAN_DAY_OF_1970} {clock}Z"


def shown_time(ms: int) -> str:
    """Epoch ms as JavaScript's toISOString writes them, for people."""
    if abs(ms) > MAX_TIME_MS:
        return f"{ms} ms since 1970"
    day, rest = divmod(ms, DAY_MS)
    year, month, month_day = civil_day(day)
    sign = "-" if year < 0 else "+"
    shown = f"{year:04d}" if 0 <= year <= 9999 else f"{sign}{abs(year):06d}"
    hours, minutes = rest // 3_600_000, rest // 60_000 % 60
    clock = f"{hours:02d}:{minutes:02d}:{rest // 1000 % 60:02d}.{rest % 1000:03d}"
    return f"{shown}-{month:02d}-{month_day:02d}T{clock}Z"


def civil_day(days: int) -> tuple[int, int, int]:
    """Year, month and day of the proleptic Gregorian calendar, which repeats every 400 years."""
    cycle, within = divmod(days + ORDINAL_OF_1970 - 1, 146_097)
    # Python's calendar begins with the year 1.
    found = date.fromordinal(within + 1)
    return found.year + 400 * cycle, found.month, found.day
