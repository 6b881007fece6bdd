"""Which errors of Postgres pass by waiting: by the rules of libs/sinks, which the job carries."""

import random
import time

import psycopg

from .job import Json

LONGEST_SECONDS = 5.0
BRIEFLY_SECONDS = 300.0
REFUSING_CLASSES = ("22", "23", "54", "P0")
MISDECLARED = ("22P03", "22P04")


class Patience:
    """Decides about the failures of one piece of work, and rests between its tries."""

    def __init__(self, job: Json) -> None:
        self._waits: dict[str, str] = job["sql"]["waits"]
        self._since: float | None = None
        self._tries = 0

    def rest(self, error: psycopg.Error) -> None:
        """Sleeps, where another try may help. Else raises the error."""
        wait = self._wait_for(error)
        if wait == "briefly":
            self._since = self._since or time.monotonic()
            if time.monotonic() - self._since > BRIEFLY_SECONDS:
                raise error
        elif wait == "never":
            raise error
        self._tries += 1
        time.sleep(random.uniform(0.05, min(LONGEST_SECONDS, 0.05 * 2 ** min(self._tries, 10))))

    def _wait_for(self, error: psycopg.Error) -> str:
        state = error.sqlstate
        if state is None:
            # libpq itself says that the connection failed, or that there is none.
            is_gone = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
            return "long" if is_gone else "never"
        known = [one for one in self._waits if state.startswith(one)]
        return self._waits[max(known, key=len)] if known else "never"


def is_missing_day(error: psycopg.Error) -> bool:
    """Whether a row belongs into a partition that is not there: a CHECK has a name."""
    return error.sqlstate == "23514" and not error.diag.constraint_name


def is_refusal(error: psycopg.Error) -> bool:
    """Whether Postgres refuses a row for what it holds."""
    state = error.sqlstate or ""
    is_class = state[:2] in REFUSING_CLASSES and state not in MISDECLARED
    return is_class and not is_missing_day(error)
