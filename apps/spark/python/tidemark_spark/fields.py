"""One field's values: what its type takes, and why it takes another one not. As libs/schema."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from .job import Json
from .printable import MISSING, code_units, describe, is_storable, number_text, to_double

JS_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
UUID = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
ISO_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?"
    r"(?:Z|[+-](?:0\d|1[0-5]):[0-5]\d)",
    re.ASCII,
)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
LOOKS_LIKE_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d|\Z)", re.ASCII)
DIGITS = re.compile(r"-?\d+", re.ASCII)
END_SECONDS = 253_402_300_800
MAX_SAFE = 2**53 - 1

Taken = tuple[Any, str | None]
"""The event's value and None, or None and the reason."""


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def integer_of(value: int | float) -> int | None:
    """The integer that JavaScript reads, or None."""
    if isinstance(value, int) and -MAX_SAFE <= value <= MAX_SAFE:
        return value
    number = to_double(value)
    return int(number) if number.is_integer() else None


def integer_reason(value: object) -> str:
    if not is_number(value):
        return "wrong-type"
    assert isinstance(value, int | float)
    number = to_double(value)
    is_whole = number in (float("inf"), float("-inf")) or number.is_integer()
    return "out-of-range" if is_whole else "not-an-integer"


class FieldReader:
    """Reads one field of parsed events."""

    def __init__(self, field: Json, most: int) -> None:
        self.name: str = field["name"]
        self.type: Json = field["type"]
        self.kind: str = self.type["kind"]
        self.expected: str = field["expected"]
        self.most = most
        self.nullable: bool = field["nullable"]
        self.optional: bool = field["optional"]
        self.default: Any = field.get("default", MISSING)
        source = field["pythonPattern"]
        self.pattern = None if source is None else re.compile(source, re.ASCII)
        self.take = self._taker()

    def read(self, raw: object) -> tuple[Any, tuple[str, str, str, str] | None]:
        """The value (None also where it is absent) and None; or None and the rejection."""
        if raw is MISSING:
            if self.default is not MISSING:
                return self.default, None
            if self.optional:
                return None, None
            return None, ("missing-field", self.name, self.expected, "nothing")
        if raw is None:
            if self.nullable:
                return None, None
            return None, ("wrong-type", self.name, self.expected, "null")
        value, reason = self.take(raw)
        if reason is None:
            return value, None
        hint = self._hint(reason, raw)
        return None, (reason, self.name, self.expected + hint, describe(raw, self.most))

    def _hint(self, reason: str, raw: Any) -> str:
        if reason == "looks-like-iso-text":
            return "; this looks like ISO 8601 text, not like a number"
        if reason == "looks-like-milliseconds":
            return f"; this looks like milliseconds (of {number_text(to_double(raw) / 1e3)} s)"
        if reason != "looks-like-microseconds":
            return ""
        if self.type["unit"] == "s":
            own = f"{number_text(to_double(raw) / 1e6)} s"
        else:
            own = f"{number_text(to_double(raw) / 1e3)} ms"
        return f"; this looks like microseconds (of {own})"

    def _taker(self) -> Callable[[Any], Taken]:
        kind = self.kind
        if kind == "text":
            return self._text
        if kind == "uuid":
            return self._uuid
        if kind == "integer":
            return self._integers(self.type["min"], self.type["max"], integer_reason)
        if kind == "double":
            return self._double
        if kind == "boolean":
            return lambda raw: (raw, None) if isinstance(raw, bool) else (None, "wrong-type")
        if kind == "enum":
            return self._enum
        if kind == "time":
            if self.type["unit"] == "iso":
                return self._iso
            least, most = self.type.get("min", 0), self.type.get("max", MAX_SAFE)
            return self._integers(least, most, self._time_reason)
        if kind == "date":
            return self._date
        if kind == "bigint":
            return self._bigint
        raise ValueError(f"The job has a field {self.name} of the kind {kind}.")

    def _text(self, raw: Any) -> Taken:
        if not isinstance(raw, str):
            return None, "wrong-type"
        text = raw.strip(JS_SPACE) if self.type.get("trim") else raw
        length = code_units(text)
        if length < self.type.get("minLength", 0):
            return None, "empty" if length == 0 else "too-short"
        most = self.type.get("maxLength")
        if most is not None and length > most:
            return None, "too-long"
        if not is_storable(text):
            return None, "invalid-text"
        if self.pattern is not None and self.pattern.search(text) is None:
            return None, "invalid-format"
        return text, None

    def _uuid(self, raw: Any) -> Taken:
        if not isinstance(raw, str):
            return None, "wrong-type"
        if UUID.fullmatch(raw) is None:
            return None, "not-a-uuid"
        text = raw.lower()
        if self.pattern is not None and self.pattern.search(text) is None:
            return None, "not-a-uuid"
        return text, None

    def _enum(self, raw: Any) -> Taken:
        if not isinstance(raw, str):
            return None, "wrong-type"
        return (raw, None) if raw in self.type["values"] else (None, "not-allowed")

    @staticmethod
    def _integers(least: int, most: int, reason: Callable[[Any], str]) -> Callable[[Any], Taken]:
        def take(raw: Any) -> Taken:
            value = integer_of(raw) if is_number(raw) else None
            if value is None or not least <= value <= most:
                return None, reason(raw)
            return value, None

        return take

    def _time_reason(self, raw: Any) -> str:
        unit = self.type["unit"]
        if isinstance(raw, str):
            return "wrong-type" if LOOKS_LIKE_ISO.match(raw) is None else "looks-like-iso-text"
        reason = integer_reason(raw)
        if reason != "out-of-range" or unit == "us":
            return reason
        value = to_double(raw)
        if unit == "s" and END_SECONDS <= value < END_SECONDS * 1e3:
            return "looks-like-milliseconds"
        is_micros = END_SECONDS * 1e3 <= value < END_SECONDS * 1e6
        return "looks-like-microseconds" if is_micros else reason

    def _double(self, raw: Any) -> Taken:
        if not is_number(raw):
            return None, "wrong-type"
        value, bounds = to_double(raw), self.type
        infinite = float("inf")
        fits = (
            -infinite < value < infinite
            and bounds.get("min", -infinite) <= value <= bounds.get("max", infinite)
            and value > bounds.get("exclusiveMin", -infinite)
            and value < bounds.get("exclusiveMax", infinite)
        )
        # Adding 0 turns -0 into 0.
        return (value + 0.0, None) if fits else (None, "out-of-range")

    def _iso(self, raw: Any) -> Taken:
        if not isinstance(raw, str):
            return None, "wrong-type"
        match = ISO_TIME.fullmatch(raw)
        if match is None or not is_day(match[1]):
            return None, "invalid-format"
        if self.pattern is not None and self.pattern.search(raw) is None:
            return None, "invalid-format"
        return raw, None

    @staticmethod
    def _date(raw: Any) -> Taken:
        if not isinstance(raw, str):
            return None, "wrong-type"
        is_date = DATE.fullmatch(raw) is not None and is_day(raw)
        return (raw, None) if is_date else (None, "invalid-format")

    @staticmethod
    def _bigint(raw: Any) -> Taken:
        if isinstance(raw, str):
            if DIGITS.fullmatch(raw) is None:
                return None, "invalid-format"
            value = int(raw) if len(raw) < 400 else 2**63
            if len(raw) >= 400 and set(raw.lstrip("-")) <= {"0"}:
                value = 0
            return (value, None) if -(2**63) <= value < 2**63 else (None, "out-of-range")
        found = integer_of(raw) if is_number(raw) else None
        if found is None or abs(found) > MAX_SAFE:
            return None, integer_reason(raw)
        return found, None
