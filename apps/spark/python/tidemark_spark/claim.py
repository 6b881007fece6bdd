"""Claims and restores: the same statements as libs/sinks, in the same order.

A claim bumps the epoch of a partition's checkpoint row: from then on nobody else can commit.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .fold import Plan
from .job import LEDGER, Json
from .session import (
    BlockerWatch,
    Connection,
    InconsistentStateError,
    RefusedError,
    run,
    transaction,
)
from .state import LastRecord, State


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
