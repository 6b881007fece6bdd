"""Commits: one transaction, whose first statement is a compare-and-set on (epoch, next offset).

Whoever has lost the partition, and each second attempt of one commit, updates no row there and
writes nothing.
"""

import json
from collections.abc import Sequence

import psycopg

from .arrays import integer_array, window_arrays
from .availability import is_refusal
from .copy import Copied, CopyEncoder
from .fold import Checkpoint, Fold, Plan
from .isolate import isolate_refused
from .job import LEDGER, Json
from .session import BlockerWatch, Connection, FencedError, run, transaction
from .state import State


class RowsRefusedError(Exception):
    """Constraints of the database refuse rows: by offset, with the reason."""

    def __init__(self, refused: dict[int, str]) -> None:
        super().__init__(f"The database refuses {len(refused)} rows.")
        self.refused = refused


def make_days(conn: Connection, job: Json, days: set[int], known: set[int]) -> None:
    """Makes the day partitions that rows need. Days since 1970."""
    missing = sorted(days - known)
    days_sql = job["sql"]["makeDays"]
    limits = job["sql"]["limits"]
    for at in range(0, len(missing), 50):
        group = missing[at : at + 50]
        with transaction(conn, job, _limits(limits)):
            run(conn, days_sql["sql"], [days_sql["table"], integer_array(group)])
        known.update(group)


def _limits(limits: Json) -> tuple[int, int, int]:
    return (
        limits["statementTimeoutMs"],
        limits["lockTimeoutMs"],
        limits["idleInTransactionTimeoutMs"],
    )


class Committer:
    """Writes checkpoints of one job."""

    def __init__(self, plan: Plan, url: str) -> None:
        self._plan = plan
        self._url = url
        sql = plan.job["sql"]
        self._encoders = [CopyEncoder(sql[name], plan.job) for name in ("raw", "late", "rejected")]

    def commit(
        self,
        conn: Connection,
        place: tuple[str, int],
        fence: tuple[int, int],
        fold: Fold,
        checkpoint: Checkpoint,
    ) -> None:
        """One transaction. `fence`: epoch and next offset of the claim.

        Raises FencedError; RowsRefusedError where rows have to be left out; and Postgres's own.
        """
        job, (topic, partition) = self._plan.job, place
        rows = (fold.rows.raw, fold.rows.late, fold.rows.rejected)
        constants = {"topic": topic, "partition": partition}
        copies = [
            encoder.encode(some, constants)
            for encoder, some in zip(self._encoders, rows, strict=True)
            if some
        ]
        arrays = window_arrays(job, checkpoint.changed, checkpoint.added)
        head = self._head(place, fence, fold.state, fold.watermark_ms)
        _, _, idle = _limits(job["sql"]["limits"])
        try:
            with transaction(conn, job, (0, 0, idle)):
                self._fence(conn, head)
                for copied in copies:
                    with conn.cursor() as cursor, cursor.copy(copied.statement) as copy:
                        copy.write(copied.stream())
                if any(array != "{}" for array in arrays):
                    run(conn, job["sql"]["windows"], [topic, partition, *arrays])
        except psycopg.Error as error:
            if not is_refusal(error):
                raise
            refused = self._isolate(conn, head, copies)
            if not refused:
                raise
            raise RowsRefusedError(refused) from error

    def _fence(self, conn: Connection, head: Sequence[object]) -> None:
        job = self._plan.job
        limits = _limits(job["sql"]["limits"])
        # The fence waits for the row as a claim does; what follows has the limits of a commit.
        with BlockerWatch(conn, self._url, limits[0] // 2):
            fenced = run(conn, job["sql"]["compareAndSet"], head)
        if fenced.rowcount != 1:
            _, topic, partition, epoch, offset, *_ = head
            raise FencedError(f"{topic}[{partition}] is no longer at epoch {epoch}, {offset}.")
        run(conn, job["sql"]["settings"], limits)

    def _isolate(
        self, conn: Connection, head: Sequence[object], copies: Sequence[Copied]
    ) -> dict[int, str]:
        run(conn, self._plan.job["sql"]["begin"])
        try:
            self._fence(conn, head)
            return isolate_refused(conn, copies)
        finally:
            if not conn.closed:
                run(conn, "ROLLBACK")

    def _head(
        self,
        place: tuple[str, int],
        fence: tuple[int, int],
        state: State,
        watermark_ms: int | None,
    ) -> list[object]:
        last = state.last_record
        text = last and json.dumps(
            {"offset": last.offset, "timestampMs": last.timestamp_ms, "digest": last.digest}
        )
        return [
            self._plan.job["definition"]["name"],
            *place,
            *fence,
            state.next_offset,
            watermark_ms,
            state.max_event_ms,
            *(state.ledger[name] for name in LEDGER),
            text,
        ]
