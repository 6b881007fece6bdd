"""Kafka values to events, or why a value is none: a pure function of the bytes and the job."""

from typing import Any

from .fields import FieldReader
from .job import Json
from .parse import parse_json
from .printable import MISSING, describe, printable

Rejection = tuple[str, str | None, str, str]
"""Reason, field, what was expected, what was received."""


class Decoder:
    """Decodes the events of one job."""

    def __init__(self, job: Json) -> None:
        event = job["event"]
        self.max_bytes: int = event["maxBytes"]
        self.most: int = event["maxReceived"]
        self.readers = [FieldReader(field, self.most) for field in event["fields"]]
        self.names = [reader.name for reader in self.readers]
        self._plain = [(at, reader.name, reader.read) for at, reader in enumerate(self.readers)]

    def decode(self, raw: bytes | None) -> tuple[list[Any] | None, Rejection | None]:
        """The fields' values in wire order and None; or None and the rejection. Never raises."""
        if raw is None:
            return None, ("tombstone", None, "a value", "null")
        if len(raw) > self.max_bytes:
            expected = f"at most {self.max_bytes} bytes"
            return None, ("too-large", None, expected, f"{len(raw)} bytes")
        prefix = self._prefix(raw)
        if prefix is not None:
            return None, prefix
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            lenient = lenient_text(raw)
            around = from_fault(lenient)
            return None, ("not-utf8", None, "UTF-8", printable(around, self.most))
        try:
            value = parse_json(text)
        except ValueError:
            received = "0 bytes" if not raw else printable(text, self.most)
            return None, ("not-json", None, "a JSON object", received)
        if not isinstance(value, dict):
            return None, ("not-an-object", None, "a JSON object", describe(value, self.most))
        values: list[Any] = [None] * len(self.readers)
        get = value.get
        for at, name, read in self._plain:
            taken, rejection = read(get(name, MISSING))
            if rejection is not None:
                return None, rejection
            values[at] = taken
        return values, None

    @staticmethod
    def _prefix(raw: bytes) -> Rejection | None:
        if raw[:1] == b"\0" and len(raw) >= 5:
            schema_id = int.from_bytes(raw[1:5], "big")
            expected = (
                "JSON without Schema Registry's five-byte prefix; "
                "a decoder of your own can read what follows it"
            )
            received = f"00 at the start, and schema id {schema_id}"
            return "schema-registry-prefix", None, expected, received
        if raw[:3] == b"\xef\xbb\xbf":
            expected = "JSON without a byte-order mark"
            return "byte-order-mark", None, expected, "ef bb bf at the start"
        return None


def lenient_text(raw: bytes) -> str:
    """The text with U+FFFD for what is not UTF-8, as the WHATWG decoder gives it."""
    return raw.decode(errors="replace")


def from_fault(text: str) -> str:
    """The text from 20 code units before its first U+FFFD on, as JavaScript cuts it."""
    fault = text.index("\ufffd")
    before = text[:fault].encode("utf-16-be", "surrogatepass")[-40:]
    return before.decode("utf-16-be", "surrogatepass") + text[fault:]
