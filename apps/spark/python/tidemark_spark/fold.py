"""One partition's records in, rows and a checkpoint out: no clock, no IO. As libs/pipeline.

All checkpoints together depend on the log alone, not on where batches are cut.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .aggregates import RollupPlan
from .decode import Decoder, Rejection
from .fingerprint import digest_of
from .job import Json
from .state import LastRecord, State, WindowKey
from .times import MAX_TIME_MS, micros_of, shown_time

START_BYTES = 4_096
NO_TIMESTAMP_MS = -1
EXCLUDED: Rejection = ("excluded", None, "", "")
TallyKey = tuple[int | None, str, str]
"""Start of the window of arrival (None: not known), outcome, detail."""


class Record(NamedTuple):
    """A record of the log. The timestamp is in ms; -1: it has none."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None


@dataclass
class Rows:
    """Rows of one checkpoint by property, in offset order."""

    raw: list[dict[str, Any]] = field(default_factory=list)
    late: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    days: set[int] = field(default_factory=set)


class Checkpoint(NamedTuple):
    """What is written beside the rows."""

    changed: list[list[tuple[WindowKey, list[Any]]]]
    """By rollup: rows with absolute values."""
    added: list[list[tuple[TallyKey, int]]]
    """By counter table: what is added to its rows."""


class Plan:
    """What a fold needs of a job; made once for each process."""

    def __init__(self, job: Json) -> None:
        definition = job["definition"]
        self.job = job
        self.decoder = Decoder(job)
        self.delay_ms: int = definition["watermarkDelayMs"]
        self.lateness_ms: int = definition["allowedLatenessMs"]
        self.skew_ms: int = definition["maxFutureSkewMs"]
        self.time: str = definition["time"]["field"]
        self.unit: str = definition["time"]["unit"]
        self.id: str | None = definition["id"]
        self.rates: list[Json] = definition["rates"]
        self.rollups = [RollupPlan(rollup, job) for rollup in definition["rollups"]]
        self.base_ms = self.rollups[0].size_ms
        self.late_buckets: list[tuple[int | None, str]] = [
            (one["belowMs"], one["text"]) for one in job["lateBuckets"]
        ]
        self.tallies: list[Json] = definition["tables"]["verdicts"]
        self.keeps_whole = definition["tables"]["rejectedValues"] == "whole"
        self.by_day = definition["tables"]["partitionBy"] == "day"
        demanded = [name for rollup in self.rollups for name in rollup.demanded]
        self.demanded_rates: list[str] = [
            one["name"] for one in self.rates if one["name"] in demanded
        ]


def key_text(value: Any) -> str:
    """A key or an id as Postgres writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class Fold:
    """Goes on from a state, which it changes."""

    def __init__(self, plan: Plan, state: State, refused: Mapping[int, str] | None = None) -> None:
        """`refused`: offsets of records whose rows the database refuses, with the reason."""
        self._refused = refused or {}
        self.plan = plan
        self.state = state
        self.rows = Rows()
        self._touched: list[dict[WindowKey, None]] = [{} for _ in plan.rollups]
        self._tally: dict[TallyKey, int] = {}
        self._last: Record | None = None

    @property
    def watermark_ms(self) -> int | None:
        newest = self.state.max_event_ms
        return None if newest is None else newest - self.plan.delay_ms

    def process(self, records: Iterable[Record]) -> None:
        """Takes records of the partition in offset order, none below the next offset."""
        state = self.state
        for record in records:
            if record.offset < state.next_offset:
                raise ValueError(f"The record {record.offset} was read already.")
            state.ledger["skipped"] += record.offset - state.next_offset
            state.ledger["read"] += 1
            self._take(record)
            state.next_offset = record.offset + 1
            self._last = record

    def skip_to(self, end: int) -> None:
        """Counts the offsets up to `end` that hold no record."""
        state = self.state
        if end > state.next_offset:
            state.ledger["skipped"] += end - state.next_offset
            state.next_offset = end

    def lose_to(self, end: int) -> None:
        """Counts the offsets up to `end` as lost: their records were deleted unread."""
        state = self.state
        state.ledger["lost"] += end - state.next_offset
        state.next_offset = end

    def checkpoint(self) -> Checkpoint:
        """Closes the fold: forgets windows and ids that are no longer open."""
        plan, state, watermark = self.plan, self.state, self.watermark_ms
        if self._last is not None:
            last = self._last
            digest = digest_of(last.key, last.value)
            state.last_record = LastRecord(last.offset, last.timestamp_ms, digest)
        changed = [
            [(key, state.windows[at][key]) for key in touched]
            for at, touched in enumerate(self._touched)
        ]
        if watermark is not None:
            for at, rollup in enumerate(plan.rollups):
                ends = rollup.size_ms + plan.lateness_ms
                open_rows = state.windows[at].items()
                state.windows[at] = {k: v for k, v in open_rows if k[0] + ends > watermark}
            state.ids = {one: until for one, until in state.ids.items() if until > watermark}
        newest = state.next_offset
        state.excluded = frozenset(offset for offset in state.excluded if offset >= newest)
        return Checkpoint(changed, [self._tally_rows(one["sizeMs"]) for one in plan.tallies])

    def _take(self, record: Record) -> None:
        plan, state = self.plan, self.state
        if record.offset in state.excluded:
            self._reject(record, EXCLUDED)
            return
        reason = self._refused.get(record.offset)
        if reason is not None:
            self.rows.rejected.append(self._rejected_row(record, ("refused", None, reason, "")))
            self._count(record, "refused", "")
            return
        values, rejection = plan.decoder.decode(record.value)
        if values is None:
            assert rejection is not None
            self._reject(record, rejection)
            return
        event: dict[str, Any] = dict(zip(plan.decoder.names, values, strict=True))
        for rate in plan.rates:
            event[rate["name"]] = evaluate_rate(rate, event)
        time_ms = micros_of(event[plan.time], plan.unit) // 1000
        unfit = self._find_unfit(event, time_ms)
        if unfit is not None:
            self._reject(record, ("out-of-range", unfit, "an event that fits", ""))
            return
        arrival = record.timestamp_ms
        if arrival != NO_TIMESTAMP_MS and time_ms > arrival + plan.skew_ms:
            self._quarantine(record, time_ms)
            return
        self._judge(record, event, time_ms)
        if state.max_event_ms is None or time_ms > state.max_event_ms:
            state.max_event_ms = time_ms

    def _find_unfit(self, event: dict[str, Any], time_ms: int) -> str | None:
        if abs(time_ms) > MAX_TIME_MS:
            return self.plan.time
        for name in self.plan.demanded_rates:
            if event[name] is not None and not math.isfinite(event[name]):
                return name
        return None

    def _judge(self, record: Record, event: dict[str, Any], time_ms: int) -> None:
        plan, state, watermark = self.plan, self.state, self.watermark_ms
        start = time_ms // plan.base_ms * plan.base_ms
        closes = start + plan.base_ms + plan.lateness_ms
        event["offset"] = record.offset
        if watermark is not None and closes <= watermark:
            missed = watermark - closes
            self.rows.late.append({**event, "watermark": watermark, "missed_by_ms": missed})
            self._count(record, "late", self._late_text(missed))
            return
        if plan.id is not None:
            name = key_text(event[plan.id])
            until = state.ids.get(name)
            if until is not None and (watermark is None or until > watermark):
                self._count(record, "duplicate", "")
                return
            state.ids[name] = closes
        for at, rollup in enumerate(plan.rollups):
            size = rollup.size_ms
            key = (time_ms // size * size, *(key_text(event[name]) for name in rollup.keys))
            row = state.windows[at].get(key)
            if row is None:
                row = state.windows[at][key] = rollup.begin()
            for add in rollup.adds:
                add(row, event)
            self._touched[at][key] = None
        self.rows.raw.append(event)
        if plan.by_day:
            self.rows.days.add(time_ms // 86_400_000)
        self._count(record, "counted", "")

    def _late_text(self, missed_ms: int) -> str:
        buckets = self.plan.late_buckets
        return next(text for below, text in buckets if below is None or missed_ms < below)

    def _quarantine(self, record: Record, time_ms: int) -> None:
        limit = shown_time(record.timestamp_ms + self.plan.skew_ms)
        expected = f"at most {limit}, the record's arrival and the allowed skew"
        why = ("future", self.plan.time, expected, shown_time(time_ms))
        self.rows.rejected.append(self._rejected_row(record, why))
        self._count(record, "quarantined", "future")

    def _reject(self, record: Record, why: Rejection) -> None:
        self.rows.rejected.append(self._rejected_row(record, why))
        self._count(record, "rejected", why[0])

    def _rejected_row(self, record: Record, why: Rejection) -> dict[str, Any]:
        value = record.value
        kept = value if value is None or self.plan.keeps_whole else value[:START_BYTES]
        reason, name, expected, received = why
        return {
            "offset": record.offset,
            "bytes": kept,
            "byte_length": None if value is None else len(value),
            "sha256": None if value is None else hashlib.sha256(value).digest(),
            "reason": reason,
            "field": name,
            "expected": expected,
            "received": received,
            "watermark": self.watermark_ms,
        }

    def _count(self, record: Record, outcome: str, detail: str) -> None:
        self.state.ledger[outcome] += 1
        size = self.plan.tallies[0]["sizeMs"]
        limits = self.plan.job["timestampRange"]
        start: int | None = record.timestamp_ms // size * size
        is_known = (
            record.timestamp_ms != NO_TIMESTAMP_MS
            and limits["earliestMs"] <= record.timestamp_ms // size * size <= limits["latestMs"]
        )
        key = (start if is_known else None, outcome, detail)
        self._tally[key] = self._tally.get(key, 0) + 1

    def _tally_rows(self, size_ms: int) -> list[tuple[TallyKey, int]]:
        sums: dict[TallyKey, int] = {}
        for (start, outcome, detail), count in self._tally.items():
            coarse = None if start is None else start // size_ms * size_ms
            key = (coarse, outcome, detail)
            sums[key] = sums.get(key, 0) + count
        return list(sums.items())


def evaluate_rate(rate: Json, event: dict[str, Any]) -> float | None:
    """Numerator / denominator * scale in doubles; None where the denominator is 0."""
    denominator = float(event[rate["denominator"]])
    if denominator == 0:
        return None
    return float(event[rate["numerator"]]) / denominator * float(rate["scale"])
