"""One Spark task: one partition's offset range, in one transaction.

It runs in a Python worker, and may be run again, twice at once, or only half: the fence of the
transaction makes all of that harmless.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pyarrow as pa

from .availability import Patience, is_missing_day
from .claim import read_head, restore
from .commit import Committer, RowsRefusedError, make_days
from .fold import Fold, Plan, Record
from .job import LEDGER, Json
from .session import Connection, FencedError, connect
from .state_cache import StateCache

RESULT = (
    "partition int, epoch long, from_offset long, next_offset long, watermark_ms long, "
    "max_event_ms long, rows long, duration_ms double, refused_rows string, shown string, "
    + ", ".join(f"{name} long" for name in LEDGER)
)
COLUMNS = ("partition", "offset", "arrival", "key", "value")
SHOWN_ROWS = 20
ARROW_TYPES = {"int": pa.int32(), "long": pa.int64(), "double": pa.float64(), "string": pa.string()}


@dataclass(frozen=True)
class Batch:
    """What the driver tells each task. Called by `mapInArrow`."""

    job: Json
    url: str
    topic: str
    state_directory: str
    claims: dict[int, tuple[int, int]]
    """By partition: the epoch, and where the batch ends."""
    refused: dict[int, dict[int, str]] = field(default_factory=dict)
    """By partition: offsets of records whose rows the database refuses, with the reason."""
    shows: bool = False

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        rows: list[dict[str, Any]] = []
        task: PartitionTask | None = None
        for batch in batches:
            columns = [column.to_pylist() for column in batch.columns]
            for partition, *record in zip(*columns, strict=True):
                if task is None or task.partition != partition:
                    if task is not None:
                        rows.append(task.finish())
                    task = PartitionTask(self, partition)
                task.take(Record(*record))
        if task is not None:
            rows.append(task.finish())
        yield result_batch(rows)


def result_batch(rows: list[dict[str, Any]]) -> Any:
    """One row for each partition: where it stood, where it stands, and what was counted."""
    names, kinds = zip(*(column.split() for column in RESULT.split(", ")), strict=True)
    arrays = [
        pa.array([row[name] for row in rows], ARROW_TYPES[kind])
        for name, kind in zip(names, kinds, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, names=list(names))


class Worker:
    """What a Python worker keeps between tasks."""

    def __init__(self, job: Json, url: str) -> None:
        self.plan = Plan(job)
        self.committer = Committer(self.plan, url)
        self.url = url
        self.known_days: set[int] = set()
        self._conn: Connection | None = None

    def connection(self) -> Connection:
        """An open connection: one that has broken meanwhile is replaced. Waits for Postgres."""
        patience = Patience(self.plan.job)
        while True:
            try:
                conn = self._conn
                if conn is None or conn.closed:
                    conn = self._conn = connect(self.url, self.plan.job)
                conn.execute("SELECT")
                return conn
            except psycopg.Error as error:
                self.drop_connection()
                patience.rest(error)

    def drop_connection(self) -> None:
        if self._conn is not None:
            self._conn.close()
        self._conn = None


_workers: dict[tuple[str, str], Worker] = {}


def worker_for(job: Json, url: str) -> Worker:
    key = (job["sql"]["definitionHash"], url)
    if key not in _workers:
        _workers[key] = Worker(job, url)
    return _workers[key]


class PartitionTask:
    """Folds the records of one partition, and commits them."""

    def __init__(self, batch: Batch, partition: int) -> None:
        self.partition = partition
        self._began = time.monotonic()
        self._batch = batch
        self._worker = worker_for(batch.job, batch.url)
        self._epoch, self._end = batch.claims[partition]
        self._cache = StateCache(batch.state_directory)
        self._fold = self._begin()
        self._from = self._fold.state.next_offset

    def _begin(self) -> Fold:
        batch, plan = self._batch, self._worker.plan
        patience = Patience(batch.job)
        while True:
            try:
                conn = self._worker.connection()
                head = read_head(conn, batch.job, batch.topic, self.partition)
                if head is None or head.epoch != self._epoch:
                    raise self._fenced(None if head is None else head.epoch)
                state = self._cache.take(self._key(head.state.next_offset))
                if state is None:
                    state = restore(conn, plan, batch.topic, self.partition, head)
                return Fold(plan, state, batch.refused.get(self.partition, {}))
            except psycopg.Error as error:
                self._worker.drop_connection()
                patience.rest(error)

    def _fenced(self, epoch: int | None) -> FencedError:
        now = "nobody" if epoch is None else f"epoch {epoch}"
        place = f"{self._batch.topic}[{self.partition}]"
        return FencedError(f"{place} is no longer owned by epoch {self._epoch}: {now} is.")

    def take(self, record: Record) -> None:
        # An earlier attempt of this task may have committed.
        if record.offset >= self._fold.state.next_offset:
            self._fold.process((record,))

    def lose_to(self, offset: int) -> None:
        """Counts the records up to the offset as lost."""
        self._fold.lose_to(offset)

    def finish(self) -> dict[str, Any]:
        """Commits. The row of RESULT: with `refused_rows` nothing was committed."""
        fold = self._fold
        fold.skip_to(self._end)
        state = fold.state
        refused: Mapping[int, str] = {}
        if state.next_offset > self._from:
            refused = self._commit()
        if not refused:
            self._cache.keep(self._key(state.next_offset), state, self._key(self._from))
        rows = fold.rows
        return {
            "partition": self.partition,
            "epoch": self._epoch,
            "from_offset": self._from,
            "next_offset": self._from if refused else state.next_offset,
            "watermark_ms": fold.watermark_ms,
            "max_event_ms": state.max_event_ms,
            "rows": len(rows.raw) + len(rows.late) + len(rows.rejected),
            "duration_ms": (time.monotonic() - self._began) * 1000,
            "refused_rows": json.dumps(refused) if refused else None,
            "shown": self._shown() if self._batch.shows else None,
            **state.ledger,
        }

    def _commit(self) -> Mapping[int, str]:
        """Tries until Postgres has taken the checkpoint. The rows that it refuses."""
        fold, worker, batch = self._fold, self._worker, self._batch
        place, fence = (batch.topic, self.partition), (self._epoch, self._from)
        checkpoint = fold.checkpoint()
        patience = Patience(batch.job)
        while True:
            try:
                conn = worker.connection()
                head = read_head(conn, batch.job, *place)
                if head is None or head.epoch != self._epoch:
                    raise self._fenced(None if head is None else head.epoch)
                # The answer of an earlier try was lost.
                if head.state.next_offset == fold.state.next_offset:
                    return {}
                make_days(conn, batch.job, fold.rows.days, worker.known_days)
                worker.committer.commit(conn, place, fence, fold, checkpoint)
                return {}
            except RowsRefusedError as error:
                return error.refused
            except psycopg.Error as error:
                worker.drop_connection()
                # Retention may have dropped a day that was made before.
                had_days = bool(worker.known_days)
                worker.known_days.clear()
                if not (is_missing_day(error) and had_days):
                    patience.rest(error)

    def _shown(self) -> str:
        columns = self._batch.job["definition"]["tables"]["columns"]
        rows = [
            {name: row.get(name) for name in columns} for row in self._fold.rows.raw[:SHOWN_ROWS]
        ]
        return json.dumps({"rows": rows, "count": len(self._fold.rows.raw)}, default=str)

    def _key(self, next_offset: int) -> tuple[str, str, int, int, int]:
        batch = self._batch
        definition: str = batch.job["sql"]["definitionHash"]
        return definition, batch.topic, self.partition, self._epoch, next_offset
