"""One Spark task: one partition's offset range, in one transaction.

It runs in a Python worker, and may be run again, twice at once, or only half: the fence of the
transaction makes all of that harmless.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pyarrow as pa

from .fold import Fold, Plan, Record
from .job import LEDGER, Json
from .protocol import Committer, Connection, FencedError, connect, make_days, read_head, restore
from .state_cache import StateCache

RESULT = "partition int, from_offset long, next_offset long, " + ", ".join(
    f"{name} long" for name in LEDGER
)
COLUMNS = ("partition", "offset", "arrival", "key", "value")


@dataclass(frozen=True)
class Batch:
    """What the driver tells each task. Called by `mapInArrow`."""

    job: Json
    url: str
    topic: str
    state_directory: str
    claims: dict[int, tuple[int, int]]
    """By partition: the epoch, and where the batch ends."""

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        rows: list[list[int]] = []
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


def result_batch(rows: list[list[int]]) -> Any:
    """One row for each partition: where it stood, where it stands, and what was counted."""
    names = [column.split()[0] for column in RESULT.split(", ")]
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    types = [pa.int32(), *(pa.int64() for _ in names[1:])]
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=names)


class Worker:
    """What a Python worker keeps between tasks."""

    def __init__(self, batch: Batch) -> None:
        self.plan = Plan(batch.job)
        self.committer = Committer(self.plan, batch.url)
        self.url = batch.url
        self.known_days: set[int] = set()
        self._conn: Connection | None = None

    def connection(self) -> Connection:
        """An open connection: one that has broken meanwhile is replaced."""
        conn = self._conn
        if conn is not None and not conn.closed:
            try:
                conn.execute("SELECT")
                return conn
            except psycopg.Error:
                conn.close()
        self._conn = connect(self.url, self.plan.job)
        return self._conn


_workers: dict[tuple[str, str], Worker] = {}


def worker_for(batch: Batch) -> Worker:
    key = (batch.job["sql"]["definitionHash"], batch.url)
    if key not in _workers:
        _workers[key] = Worker(batch)
    return _workers[key]


class PartitionTask:
    """Folds the records of one partition, and commits them."""

    def __init__(self, batch: Batch, partition: int) -> None:
        self.partition = partition
        self._batch = batch
        self._worker = worker_for(batch)
        self._epoch, self._end = batch.claims[partition]
        self._cache = StateCache(batch.state_directory)
        self._conn = self._worker.connection()
        plan = self._worker.plan
        head = read_head(self._conn, batch.job, batch.topic, partition)
        if head is None or head.epoch != self._epoch:
            now = "nobody" if head is None else f"epoch {head.epoch}"
            raise FencedError(
                f"{batch.topic}[{partition}] is no longer owned by epoch {self._epoch}: {now} is."
            )
        self._from = head.state.next_offset
        state = self._cache.take(self._key(self._from))
        if state is None:
            state = restore(self._conn, plan, batch.topic, partition, head)
        self._before = dict(state.ledger)
        self._fold = Fold(plan, state)

    def take(self, record: Record) -> None:
        # An earlier attempt of this task may have committed.
        if record.offset >= self._fold.state.next_offset:
            self._fold.process((record,))

    def finish(self) -> list[int]:
        """Commits. The row of RESULT."""
        fold, worker, batch = self._fold, self._worker, self._batch
        fold.skip_to(self._end)
        state = fold.state
        if state.next_offset > self._from:
            place, fence = (batch.topic, self.partition), (self._epoch, self._from)
            checkpoint = fold.checkpoint()
            try:
                make_days(self._conn, batch.job, fold.rows.days, worker.known_days)
                worker.committer.commit(self._conn, place, fence, fold, checkpoint)
            except psycopg.Error:
                # Retention may have dropped a day that was made before.
                worker.known_days.clear()
                raise
            self._cache.keep(self._key(state.next_offset), state, self._key(self._from))
        counts = [state.ledger[name] - self._before[name] for name in LEDGER]
        return [self.partition, self._from, state.next_offset, *counts]

    def _key(self, next_offset: int) -> tuple[str, str, int, int, int]:
        batch = self._batch
        definition: str = batch.job["sql"]["definitionHash"]
        return definition, batch.topic, self.partition, self._epoch, next_offset
