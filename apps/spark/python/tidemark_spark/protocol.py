"""The checkpoint protocol of libs/sinks: the same statements, in the same order.

A claim bumps the epoch of a partition's checkpoint row. Each commit begins with a compare-and-set
on (epoch, next offset): whoever has lost the partition, and each second attempt of one commit,
writes nothing.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from .arrays import integer_array, window_arrays
from .copy import CopyEncoder
from .fold import Checkpoint, Fold, Plan
from .job import LEDGER, Json
from .state import LastRecord, State

Connection = psycopg.Connection[Any]


class RefusedError(Exception):
    """The tables were written by somebody else, or with another definition."""


class FencedError(Exception):
    """Somebody else has claimed the partition, or another attempt has committed."""


class InconsistentStateError(Exception):
    """The windows do not agree with the ledger."""


@dataclass(frozen=True)
class Identity:
    """Who writes: compared with what the first claim has stored."""

    topic: str
    group: str
    cluster_id: str
    owner: str


@dataclass(frozen=True)
class Head:
    """A checkpoint row: where a partition stands, and whose it is."""

    epoch: int
    start_offset: int
    state: State
    watermark_ms: int | None


def connect(url: str, job: Json) -> Connection:
    """A connection whose transactions are begun by hand."""
    return psycopg.connect(
        url,
        autocommit=True,
        cursor_factory=psycopg.RawCursor,
        application_name=job["sql"]["applicationName"],
        connect_timeout=10,
        keepalives_idle=10,
    )


def run(conn: Connection, sql: str, values: Sequence[object] = ()) -> psycopg.Cursor[Any]:
    """Runs a statement. Values go as texts, as the consumer sends them."""
    texts = [None if value is None else str(value) for value in values]
    return conn.execute(sql, texts)


@contextmanager
def transaction(conn: Connection, job: Json, limits: tuple[int, int, int]) -> Iterator[None]:
    """Begins with the consumer's settings, and commits. Limits in ms: statement, lock, idle."""
    sql = job["sql"]
    run(conn, sql["begin"])
    try:
        run(conn, sql["settings"], limits)
        yield
        status = run(conn, "COMMIT").statusmessage
    except BaseException:
        if not conn.closed:
            run(conn, "ROLLBACK")
        raise
    if status != "COMMIT":
        raise RuntimeError(f"Postgres has answered COMMIT with {status}.")


class BlockerWatch:
    """Ends sessions that hold the lock which a connection waits for longer than `after_ms`.

    A process that was stopped inside COPY lets go by nothing else.
    """

    def __init__(self, conn: Connection, url: str, after_ms: int) -> None:
        self._pid = conn.info.backend_pid
        self._url = url
        self._after = after_ms / 1000
        self._done = threading.Event()

    def __enter__(self) -> None:
        threading.Thread(target=self._watch, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._done.set()

    def _watch(self) -> None:
        while not self._done.wait(self._after):
            try:
                with psycopg.connect(self._url, autocommit=True) as conn:
                    conn.execute(
                        "SELECT pid FROM unnest(pg_blocking_pids(%s)) AS pid "
                        "WHERE pg_terminate_backend(pid)",
                        [self._pid],
                    )
            except psycopg.Error:
                continue


def claim(
    conn: Connection, url: str, job: Json, who: Identity, partition: int, log_start: int
) -> Head:
    """Bumps the epoch: from here on, nobody else's commit can succeed.

    Raises RefusedError, and InconsistentStateError; then nothing is changed.
    """
    sql, pipeline = job["sql"], job["definition"]["name"]
    place = [pipeline, who.topic, partition]
    definition = sql["definitionHash"]
    with (
        transaction(conn, job, (0, 0, 600_000)),
        BlockerWatch(conn, url, sql["limits"]["statementTimeoutMs"]),
    ):
        run(conn, sql["insertDefinition"], [definition, job["definitionText"]])
        identity = [who.group, who.cluster_id, definition]
        first = run(conn, sql["insertCheckpoint"], [*place, *identity, log_start, who.owner])
        if first.rowcount == 1:
            run(conn, sql["lockFirstClaim"], [sql["firstClaimLock"]])
        row = run(conn, sql["claim"], [*place, who.owner]).fetchone()
        other = run(conn, sql["findOtherIdentity"], [pipeline, who.topic, *identity]).fetchone()
        if other is not None:
            raise RefusedError(
                f"The tables of {pipeline} were written from {other[0]} by the group {other[1]} "
                f"of the cluster {other[2]} with the definition {other[3]}; this job is the group "
                f"{who.group} of the cluster {who.cluster_id} with the definition {definition}."
            )
        if row is None:
            raise RuntimeError(f"The checkpoint of {who.topic}[{partition}] vanished.")
        head = _head(row[1:])
        _check_state(conn, job, who.topic, partition, head)
    return head


def read_head(conn: Connection, job: Json, topic: str, partition: int) -> Head | None:
    """The checkpoint row as it stands."""
    row = run(conn, job["sql"]["read"], [job["definition"]["name"], topic, partition]).fetchone()
    return None if row is None else _head(row)


def _head(row: Sequence[Any]) -> Head:
    start, next_offset, epoch, last, watermark, newest, *counts = row
    state = State(next_offset, newest, dict(zip(LEDGER, map(int, counts), strict=True)))
    if last is not None:
        known = json.loads(last)
        state.last_record = LastRecord(known["offset"], known["timestampMs"], known["digest"])
    return Head(epoch, start, state, watermark)


def _check_state(conn: Connection, job: Json, topic: str, partition: int, head: Head) -> None:
    """As createStateCheck of libs/sinks: the windows of a partition agree with its ledger."""
    sql, pipeline = job["sql"], job["definition"]["name"]
    counted = sql["stateCheck"]["rollups"]
    short = {row[0] for row in run(conn, sql["readShortened"], [pipeline])}
    whole = [one for one in counted if not one["isShortened"] and one["table"] not in short]
    if not whole:
        return
    coarsest = max(whole, key=lambda one: one["sizeMs"])
    place = [topic, partition, pipeline]
    events = head.state.ledger["counted"]
    found = _count(conn, coarsest["all"], place)
    if found != events:
        raise InconsistentStateError(
            f"{topic}[{partition}]: {coarsest['name']} adds up to {found}, "
            f"and the ledger says {events}."
        )
    size: int = coarsest["sizeMs"]
    finer = [one for one in counted if one is not coarsest and size % one["sizeMs"] == 0]
    # What is merged is noted by the windows of one rollup.
    is_noted = size == sql["stateCheck"]["mergedSinceSizeMs"]
    if head.watermark_ms is None or not finer or not is_noted:
        return
    closed = head.watermark_ms - job["definition"]["allowedLatenessMs"] - size
    since = (closed // size + 1) * size
    sums = {one["name"]: _count(conn, one["since"], [*place, since]) for one in (coarsest, *finer)}
    known = sums[coarsest["name"]]
    if any(count not in (known, None) for count in sums.values()):
        raise InconsistentStateError(f"{topic}[{partition}]: open windows disagree: {sums}.")


def _count(conn: Connection, sql: str, values: Sequence[object]) -> int | None:
    row = run(conn, sql, values).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def restore(conn: Connection, plan: Plan, topic: str, partition: int, head: Head) -> State:
    """The state that the tables hold.

    It is read outside of the claim's transaction. If somebody commits meanwhile, the compare-and-
    set on the next offset refuses what comes of it.
    """
    job, state = plan.job, head.state
    sql, definition = job["sql"], job["definition"]
    state.windows = [{} for _ in plan.rollups]
    excluded = run(
        conn,
        sql["readExclusions"],
        [definition["name"], topic, partition, state.next_offset],
    )
    state.excluded = frozenset(int(row[0]) for row in excluded)
    watermark = head.watermark_ms
    if watermark is None:
        return state
    for at, (rollup, statement) in enumerate(zip(plan.rollups, sql["rollups"], strict=True)):
        since = watermark - plan.lateness_ms - rollup.size_ms
        keys = len(rollup.keys)
        for row in run(conn, statement["select"], [topic, partition, since]):
            state.windows[at][(int(row[0]), *row[1 : 1 + keys])] = list(row[1 + keys :])
    if sql["ids"] is not None:
        since = watermark - plan.lateness_ms - plan.base_ms
        for time_ms, one in run(conn, sql["ids"], [since, topic, partition]):
            start = int(time_ms) // plan.base_ms * plan.base_ms
            until = start + plan.base_ms + plan.lateness_ms
            if until > watermark:
                state.ids[str(one)] = until
    return state


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
        """One transaction. `fence`: epoch and next offset of the claim. Raises FencedError."""
        job, state = self._plan.job, fold.state
        sql, limits = job["sql"], job["sql"]["limits"]
        topic, partition = place
        rows = (fold.rows.raw, fold.rows.late, fold.rows.rejected)
        constants = {"topic": topic, "partition": partition}
        copies = [
            (encoder.statement, encoder.encode(some, constants))
            for encoder, some in zip(self._encoders, rows, strict=True)
            if some
        ]
        arrays = window_arrays(job, checkpoint.changed, checkpoint.added)
        statement, lock, idle = _limits(limits)
        # The fence waits for the row as a claim does; what follows has the limits of a commit.
        with transaction(conn, job, (0, 0, idle)):
            with BlockerWatch(conn, self._url, statement // 2):
                fenced = run(
                    conn, sql["compareAndSet"], self._head(place, fence, state, fold.watermark_ms)
                )
            if fenced.rowcount != 1:
                raise FencedError(
                    f"{topic}[{partition}] is no longer at epoch {fence[0]}, offset {fence[1]}."
                )
            run(conn, sql["settings"], (statement, lock, idle))
            for text, stream in copies:
                with conn.cursor() as cursor, cursor.copy(text) as copy:
                    copy.write(stream)
            if any(array != "{}" for array in arrays):
                run(conn, sql["windows"], [topic, partition, *arrays])

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
