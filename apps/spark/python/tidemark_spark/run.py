"""Runs a job until it is stopped, and begins the query anew after failures that pass."""

import re
import threading
import time
from collections.abc import Mapping
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from .driver import Event, LostRecordsError, TidemarkJob
from .session import FencedError, InconsistentStateError, RefusedError

MOST_FAILURES = 5
LONGEST_SECONDS = 10.0
POLL_SECONDS = 0.2

KNOWN = {
    kind.__name__: kind
    for kind in (FencedError, LostRecordsError, RefusedError, InconsistentStateError)
}
"""Failures that another try does not mend, by the name that stands in a traceback."""
KAFKA_AWAY = re.compile(
    r"org\.apache\.kafka\.common\.errors\.(Timeout|Disconnect|Network|NotLeader|LeaderNot|Broker"
    r"|Coordinator|Retriable|UnknownTopicOrPartition|Kafka(Storage|Server))\w*Exception"
    r"|Failed to create new KafkaAdminClient|KAFKA_.*TIMEOUT"
)
PYTHON_ERROR = re.compile(r"[\w.]*(Error|Exception): ")


class FailedError(Exception):
    """The query has failed again and again."""


def known_failure(error: Exception) -> Exception | None:
    """The error of ours that a failed query's text ends with."""
    if type(error).__name__ in KNOWN:
        return error
    for name, kind in KNOWN.items():
        found = re.search(rf"\b(?:tidemark_spark\.\w+\.)?{name}: (.*)", str(error))
        if found is not None:
            return kind(found[1].strip())
    return None


def run(job: TidemarkJob, trigger: Mapping[str, Any] | None, stop: threading.Event) -> None:
    """Until the query has read all that its trigger asks for, or `stop` is set.

    A query that fails is begun anew where the tables stand. Raises what another try does not mend,
    and FailedError after five failures in a row between which nothing was committed.
    """
    failures = 0
    while not stop.is_set():
        began = job.commits
        try:
            query = job.start(trigger)
            try:
                while not query.awaitTermination(POLL_SECONDS):
                    if stop.is_set():
                        query.stop()
                        return
            finally:
                job.close()
            return
        except (PySparkException, Py4JError) as error:
            if stop.is_set():
                return
            known = known_failure(error)
            if known is not None:
                raise known from error
            is_away = KAFKA_AWAY.search(str(error)) is not None
            failures = 1 if job.commits > began else failures + 1
            # A loss is told by the next claim, which sees where the log begins.
            if failures >= MOST_FAILURES and not is_away:
                raise FailedError(str(error)) from error
            job.tell(_failure_event(error, is_away, failures))
            stop.wait(min(LONGEST_SECONDS, 0.5 * 2**failures))


def _failure_event(error: Exception, is_away: bool, failures: int) -> Event:
    kind = "kafka-unavailable" if is_away else "query-failed"
    return {"type": kind, "attempt": failures, "reason": reason_of(error), "at": time.time()}


def reason_of(error: Exception) -> str:
    """The line of a Java or Python traceback that says most."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    python = [line for line in lines if PYTHON_ERROR.match(line)]
    causes = [line for line in lines if line.startswith("Caused by:")]
    return (python[-1:] or causes[-1:] or lines[:1] or [type(error).__name__])[0][:500]
