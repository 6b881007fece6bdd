"""Rows to the bytes of COPY (FORMAT binary), as libs/sinks/src/copy writes them."""

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .job import Json
from .times import micros_of

HEADER = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
END = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
POSTGRES_EPOCH_MICROS = 946_684_800_000_000
POSTGRES_EPOCH_ORDINAL = date(2000, 1, 1).toordinal()

Row = Mapping[str, Any]
Writer = Callable[[Any], bytes]

_int32 = struct.Struct(">ii").pack
_int64 = struct.Struct(">iq").pack
_float64 = struct.Struct(">id").pack
_length = struct.Struct(">i").pack


def _text(value: str) -> bytes:
    raw = value.encode()
    return _length(len(raw)) + raw


def _bytes(value: bytes) -> bytes:
    return _length(len(value)) + value


def _uuid(value: str) -> bytes:
    return b"\0\0\0\x10" + bytes.fromhex(value.replace("-", ""))


def _date(value: str) -> bytes:
    return _int32(4, date.fromisoformat(value).toordinal() - POSTGRES_EPOCH_ORDINAL)


WRITERS: dict[str, Writer] = {
    "integer": lambda value: _int32(4, value),
    "bigint": lambda value: _int64(8, value),
    "double precision": lambda value: _float64(8, value),
    "text": _text,
    "uuid": _uuid,
    "bytea": _bytes,
    "boolean": lambda value: b"\0\0\0\x01\x01" if value else b"\0\0\0\x01\0",
    "date": _date,
}


@dataclass(frozen=True)
class Copied:
    """Rows as COPY takes them."""

    statement: str
    rows: list[tuple[int, bytes]]
    """Each with its offset."""

    def stream(self) -> bytes:
        return b"".join((HEADER, *(row for _, row in self.rows), END))


class CopyEncoder:
    """Encodes rows of one table of the job."""

    def __init__(self, table: Json, job: Json) -> None:
        time = job["definition"]["time"]
        limits = job["timestampRange"]
        self._earliest = limits["earliestMs"] * 1000
        self._latest = limits["latestMs"] * 1000 + 999
        self.statement: str = table["copy"]
        self._columns: list[tuple[str, Writer]] = []
        for column in table["columns"]:
            name, kind = column["property"], column["type"]
            if kind == "timestamp with time zone":
                unit = time["unit"] if name == time["field"] else "ms"
                self._columns.append((name, self._times(unit)))
            elif kind in WRITERS:
                self._columns.append((name, WRITERS[kind]))
            else:
                raise ValueError(f"The column {name} has the type {kind}, which is not written.")
        self._count = struct.pack(">h", len(self._columns))

    def _times(self, unit: str) -> Writer:
        def write(value: Any) -> bytes:
            micros = micros_of(value, unit)
            if not self._earliest <= micros <= self._latest:
                raise ValueError(f"{value!r} is no time that a table holds.")
            return _int64(8, micros - POSTGRES_EPOCH_MICROS)

        return write

    def encode(self, rows: Iterable[Row], constants: Row) -> Copied:
        """`constants` stand in every row."""
        encoded: list[tuple[int, bytes]] = []
        fixed = {name: write(constants[name]) for name, write in self._columns if name in constants}
        for row in rows:
            out = [self._count]
            for name, write in self._columns:
                known = fixed.get(name)
                if known is not None:
                    out.append(known)
                    continue
                value = row[name]
                out.append(NULL if value is None else write(value))
            encoded.append((row["offset"], b"".join(out)))
        return Copied(self.statement, encoded)
