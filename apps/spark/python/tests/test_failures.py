"""What a failed query or statement means."""

from typing import Any

import psycopg
import pytest

from tidemark_spark.availability import Patience
from tidemark_spark.driver import LostRecordsError
from tidemark_spark.run import KAFKA_AWAY, known_failure, reason_of
from tidemark_spark.session import FencedError

JOB = {"sql": {"waits": {"08": "long", "57": "long", "57014": "never", "XX000": "briefly"}}}
TRACEBACK = """[STREAM_FAILED] Query terminated with exception: Traceback (most recent call last):
  File "task.py", line 1, in finish
tidemark_spark.session.FencedError: t[0] is no longer owned by epoch 1: epoch 2 is.
"""


def error_of(state: str | None) -> psycopg.Error:
    class Failed(psycopg.OperationalError):
        sqlstate = state

    return Failed("it failed")


def test_names_the_error_that_ended_a_task() -> None:
    found = known_failure(RuntimeError(TRACEBACK))
    assert isinstance(found, FencedError)
    assert str(found) == "t[0] is no longer owned by epoch 1: epoch 2 is."
    lost = LostRecordsError("gone")
    assert known_failure(lost) is lost
    assert known_failure(RuntimeError("anything else")) is None


def test_tells_a_kafka_that_is_away() -> None:
    away = "Caused by: org.apache.kafka.common.errors.TimeoutException: Timed out"
    assert KAFKA_AWAY.search(away)
    assert KAFKA_AWAY.search("org.apache.kafka.common.errors.SaslAuthenticationException") is None


def test_gives_the_line_that_says_most() -> None:
    assert reason_of(RuntimeError(TRACEBACK)).startswith("tidemark_spark.session.FencedError: t[0]")
    assert reason_of(RuntimeError("one\nCaused by: two")) == "Caused by: two"


@pytest.mark.parametrize("state", ["08006", "57P01", None])
def test_rests_while_postgres_is_away(monkeypatch: Any, state: str | None) -> None:
    rests: list[float] = []
    monkeypatch.setattr("tidemark_spark.availability.time.sleep", rests.append)
    patience = Patience(JOB)
    for _ in range(20):
        patience.rest(error_of(state))
    assert len(rests) == 20
    assert max(rests) <= 5


@pytest.mark.parametrize("state", ["57014", "42P01"])
def test_raises_what_waiting_does_not_help(state: str) -> None:
    with pytest.raises(psycopg.Error):
        Patience(JOB).rest(error_of(state))
