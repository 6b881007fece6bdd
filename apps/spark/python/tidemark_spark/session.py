"""Sessions of Postgres as the consumer opens them, and transactions with its settings."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from .job import Json

Connection = psycopg.Connection[Any]


class RefusedError(Exception):
    """The tables were written by somebody else, or with another definition."""


class FencedError(Exception):
    """Somebody else has claimed the partition, or another attempt has committed."""


class InconsistentStateError(Exception):
    """The windows do not agree with the ledger."""


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
