"""Finds the rows that constraints refuse, as libs/sinks/src/postgres/isolate-refused.ts does."""

from collections.abc import Sequence

import psycopg

from .availability import is_refusal
from .copy import END, HEADER, Copied
from .session import Connection

MOST_TRIES = 5_000
LONGEST_REASON = 1_000
WORDY = ("23502", "23514")


class _Isolation:
    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.refused: dict[int, str] = {}
        self.tries = 0

    def find_all(self, copies: Sequence[Copied]) -> dict[int, str]:
        self.refused, self.tries = {}, 0
        self.conn.execute("SAVEPOINT tried")
        for copied in copies:
            # A table that refuses no rows at all refuses for a reason of its own.
            if self._copy(copied.statement, []) is None:
                self._find(copied)
        return self.refused

    def _find(self, copied: Copied) -> None:
        """Tries runs of rows in order: half as many after a refusal, twice after a success."""
        rows, at = copied.rows, 0
        size = len(rows)
        while at < len(rows) and not (self.refused and self.tries >= MOST_TRIES):
            self.tries += 1
            tried = rows[at : at + size]
            error = self._copy(copied.statement, [row for _, row in tried])
            if error is None:
                at += len(tried)
                size *= 2
            elif len(tried) > 1:
                size = (len(tried) + 1) // 2
            else:
                self.refused[tried[0][0]] = _reason(error)
                at, size = at + 1, 1

    def _copy(self, statement: str, rows: Sequence[bytes]) -> psycopg.Error | None:
        conn = self.conn
        conn.execute("ROLLBACK TO tried")
        try:
            with conn.cursor() as cursor, cursor.copy(statement) as copy:
                copy.write(b"".join((HEADER, *rows, END)))
        except psycopg.Error as error:
            if not is_refusal(error):
                raise
            return error
        conn.execute("RELEASE tried")
        conn.execute("SAVEPOINT tried")
        return None


def _reason(error: psycopg.Error) -> str:
    message = error.diag.message_primary or str(error)
    detail = error.diag.message_detail
    reason = message if detail is None or error.sqlstate in WORDY else f"{message}: {detail}"
    return reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]}\u2026"


def isolate_refused(conn: Connection, copies: Sequence[Copied]) -> dict[int, str]:
    """The refused rows by offset, with the reason.

    Runs in the open transaction, which must be rolled back afterwards. Deferred constraints are
    checked only where no row is refused otherwise.
    """
    isolation = _Isolation(conn)
    conn.execute("SAVEPOINT isolation")
    refused = isolation.find_all(copies)
    if refused:
        return refused
    conn.execute("ROLLBACK TO isolation")
    conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return isolation.find_all(copies)
